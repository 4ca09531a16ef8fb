"""The learner's loop: lesson, exercises, verdicts at every save, hints, progress, and back to the start."""
