"""This module is what every strategy is: asked again and again which candidates to measure next, until it has no more."""

from __future__ import annotations

from random import Random

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from accel.tuning.history import History
    from accel.tuning.space import Candidate, Space

__all__ = ["Strategy"]


class Strategy:
    """A way to search a space. To make one of your own, override `ask`.

    Parameters
    ----------
    space : Space
        What is searched.
    trials : int
        How many measurements there are at most, all candidates together. The search is also ended by time; a strategy that plans ahead plans for this number.
    seed : int, default 0
        Of `self.random`; with the same seed and the same measurements a strategy asks for the same.

    Notes
    -----
    What `ask` returns is measured once more each, in turns, and noted in the history: candidates that failed stand in `history.failures`, and are never to be asked
    for again. The default candidate is measured before `ask` is first called. The winner is the fastest in the history that beats the default beyond the
    noise; a strategy does not choose it.

    Examples
    --------
    >>> from accel.tuning import History, Space, Strategy
    >>> class InOrder(Strategy):
    ...     def ask(self, history):
    ...         return [c for c in self.space if history.is_new(c)][:4]
    >>> InOrder(Space({"n": [1, 2, 3]}), trials=10).ask(History())
    [(0,), (1,), (2,)]
    """

    def __init__(self, space: Space, *, trials: int, seed: int = 0) -> None:
        self.space, self.trials, self.random = space, trials, Random(seed)

    def ask(self, history: History) -> Sequence[Candidate]:
        """Return the candidates to measure next, each once more; none ends the search."""
        raise NotImplementedError
