"""Where base images come from and how they travel: archives, bundles, registries, what a registry keeps on its disk."""
