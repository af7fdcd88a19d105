"""Finds the fastest choice of parameters, checks it, and remembers it: what `autotune` is made of, and what strategies of one's own build on."""

from accel.tuning.history import History
from accel.tuning.space import Candidate, Choice, Int, Space
from accel.tuning.strategies.strategy import Strategy

__all__ = ["Candidate", "Choice", "History", "Int", "Space", "Strategy"]
