"""Proofs for random nests, compared with what the nests do."""

import pytest

from tests.dependence.__main__ import examine_nests


@pytest.mark.slow
def test_random_nests():
    result = examine_nests(1_000_000, 1_000_300, runs=40)
    assert result.false == []
    assert result.share >= 0.95, result.missed


@pytest.mark.slow
def test_more_random_nests():
    result = examine_nests(2_000_000, 2_002_000)
    assert result.false == []
    assert result.share >= 0.95, result.missed
