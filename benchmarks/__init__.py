"""What the workshop costs, beside what it can't do without."""
