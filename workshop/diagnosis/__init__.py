"""What Docker's error text means: the cause in plain words, the fix, and the Dockerfile line to blame."""

from __future__ import annotations

from .clean import ending, last_words, printed
from .diagnose import Diagnosis, Where, diagnose, diagnose_file
from .locate import under_way

__all__ = ["Diagnosis", "Where", "diagnose", "diagnose_file", "ending", "last_words", "printed", "under_way"]
