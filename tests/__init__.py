"""Tests: every one that speaks of an engine talks to a real one."""
