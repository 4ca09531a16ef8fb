"""The learner's side of the class board: join it, tell it each verdict, leave it. Needs Python alone."""
