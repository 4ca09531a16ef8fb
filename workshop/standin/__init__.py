"""Stand-ins for the base images, made of the packages of Debian or Ubuntu where no registry is in reach."""
