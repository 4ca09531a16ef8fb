"""A class's submissions: found, taken in, judged within bounds, each content once, and accounted for."""
