"""Proof that the checks are right: every known answer, and every mutant of the models, gets the verdict it deserves."""
