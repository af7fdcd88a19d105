"""This module keeps warnings of what the tuner does on its own account from the user, and no others."""

from __future__ import annotations

import warnings

__all__ = ["Unwarned"]


class Unwarned:
    """Context manager: warnings that are put down to a module are not shown. Only one filter comes and goes, so that other threads don't notice.

    Parameters
    ----------
    module : str
        Its name.
    category : type, default Warning
        Which warnings.

    Examples
    --------
    >>> import warnings
    >>> with Unwarned(__name__):
    ...     warnings.warn("not seen")
    """

    def __init__(self, module: str, category: type[Warning] = Warning) -> None:
        self._filter = "ignore", None, category, module, 0

    def __enter__(self) -> None:
        warnings.filters.insert(0, self._filter)  # type: ignore[attr-defined]

    def __exit__(self, *exception: object) -> None:
        try:
            warnings.filters.remove(self._filter)  # type: ignore[attr-defined]
        except ValueError:  # another thread has put back the filters there were
            pass
