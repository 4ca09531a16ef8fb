"""Exercise 1's checks, written for the tools that could stand in this project's place."""
