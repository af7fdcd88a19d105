"""This module measures candidates at random."""

from __future__ import annotations

from accel.tuning.strategies.strategy import Strategy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from accel.tuning.space import Candidate

__all__ = ["RandomSearch"]

_STEP = 16  # candidates that are measured in turns
_CONFIRMED = 0.2  # of the trials, to measure the fastest again


class RandomSearch(Strategy):
    """Measures candidates at random, each as likely as any other, and the fastest again at the end.

    It assumes nothing about the space, so it is what other strategies are to be compared with.

    Examples
    --------
    >>> from accel.tuning import History, Space
    >>> len(RandomSearch(Space({"n": range(1000)}), trials=10).ask(History()))
    8
    """

    def plan(self) -> Iterator[Sequence[Candidate]]:
        """New ones, then the doubtful."""
        kept = int(_CONFIRMED * self.trials)
        while step := self.fresh(min(_STEP, self.left - kept)):
            yield step
        yield from self.confirm()
