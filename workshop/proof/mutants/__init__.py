"""Small mistakes, made on purpose: the model answer in, answers with one slip each out. Pure; talks to no engine.

A check that lets such an answer through does not look where it should, or the slip changes nothing (see `equal`).
"""

from __future__ import annotations

from .answer import mutants
from .equal import Equal, read_equal
from .model import Mutant

__all__ = ["Equal", "Mutant", "mutants", "read_equal"]
