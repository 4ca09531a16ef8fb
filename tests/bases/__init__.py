"""The base images and where they come from, on the real engine."""
