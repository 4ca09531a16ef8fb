"""The class board: a page on the instructor's machine that shows where the class is; only here is tornado imported."""
