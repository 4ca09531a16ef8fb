"""The steps of the lesson: each is one `docker` command, what it came to, and what it changed on the engine."""
