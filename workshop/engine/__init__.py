"""Everything that talks to Docker: the only room that imports `docker` (reads) and `python_on_whales` (acts)."""
