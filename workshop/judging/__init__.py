"""From an answer to its verdict: the bench a check works at, what is looked at, and why something is missing."""
