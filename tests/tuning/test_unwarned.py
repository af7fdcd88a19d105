"""Only warnings of one module are hidden, and the filters are as they were afterwards."""

import threading
import warnings

import pytest

from accel.tuning.unwarned import Unwarned


def test_warnings_of_one_module():
    before = list(warnings.filters)
    with Unwarned(__name__):
        warnings.warn("hidden")
        with pytest.raises(UserWarning, match="seen"):
            warnings.warn_explicit("seen", UserWarning, "other.py", 1, "other")
    assert warnings.filters == before
    with pytest.raises(UserWarning, match="seen"):
        warnings.warn("seen")


def test_other_categories():
    with Unwarned(__name__, DeprecationWarning), pytest.raises(UserWarning, match="seen"):
        warnings.warn("hidden", DeprecationWarning, stacklevel=1)
        warnings.warn("seen")


def test_filters_that_somebody_puts_back():
    with warnings.catch_warnings():
        saved = list(warnings.filters)
        with Unwarned(__name__):
            warnings.filters[:] = saved
        assert warnings.filters == saved


def test_many_threads():
    before = list(warnings.filters)

    def work():
        for _ in range(200):
            with Unwarned(__name__):
                warnings.warn("hidden")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert warnings.filters == before
