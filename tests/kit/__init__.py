"""What an instructor takes into the room: bundles, a mirror, a count of what a class may pull."""
