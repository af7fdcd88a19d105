"""A call -> machine code: who is called, with what, and where it goes on when that does not fit."""
