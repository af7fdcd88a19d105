"""Options and switches."""

import pickle

import pytest

import accel
from accel.options import SWITCHES, FnOptions, VectorizeOptions, read_switch
from tests.architecture.modules import PACKAGE, ROOT


def test_options_are_frozen_values():
    chosen = FnOptions(strict=True)
    assert chosen == FnOptions(strict=True, cache=True) and hash(chosen) == hash(FnOptions(strict=True))
    assert chosen != FnOptions() and pickle.loads(pickle.dumps(chosen)) == chosen
    assert repr(chosen) == "FnOptions(strict=True)"
    with pytest.raises(AttributeError, match="can't be changed: strict"):
        chosen.strict = False
    with pytest.raises(AttributeError, match="can't be changed: strict"):
        del chosen.strict


def test_unknown_option():
    with pytest.raises(accel.OptionError, match=r"^`fn` has no option `nopython` \[unknown-option\]"):
        FnOptions(nopython=True)


def test_option_value():
    with pytest.raises(accel.OptionError, match=r"^`strict` takes True or False, not 1 \[option-value\]"):
        FnOptions(strict=1)


def test_read_switch(monkeypatch):
    assert read_switch("ACCEL") == "1"
    monkeypatch.setenv("ACCEL", "0")
    assert read_switch("ACCEL") == "0"
    with pytest.raises(KeyError, match="ACCEL_UNKNOWN"):
        read_switch("ACCEL_UNKNOWN")


@pytest.mark.parametrize("name", sorted(SWITCHES))
def test_each_switch_does_something_and_is_described(name):
    readers = [p for p in PACKAGE.rglob("*.py") if p.name != "options.py" and f'"{name}"' in p.read_text()]
    assert readers, "nothing reads it"
    assert f"`{name}`" in (ROOT / "docs" / "fn.md").read_text()


def test_options_of_vectorize():
    chosen = VectorizeOptions(identity=0)
    assert chosen == VectorizeOptions(identity=0, strict=False) != VectorizeOptions() and chosen != FnOptions()
    assert pickle.loads(pickle.dumps(chosen)) == chosen and hash(chosen) == hash(VectorizeOptions(identity=0))
    assert repr(chosen) == "VectorizeOptions(identity=0)" and chosen.identity == (0,) and VectorizeOptions().identity == ()
    with pytest.raises(AttributeError):
        chosen.strict = True
    assert VectorizeOptions().accuracy == "exact" and VectorizeOptions(accuracy="1ulp") != VectorizeOptions()
    assert repr(VectorizeOptions(accuracy="1ulp")) == "VectorizeOptions(accuracy='1ulp')"
    for wrong in ("2ulp", 1, True, None):
        with pytest.raises(accel.OptionError, match=r'`accuracy` takes "exact" or "1ulp", not .* \[option-value\]'):
            VectorizeOptions(accuracy=wrong)
    with pytest.raises(accel.OptionError, match=r"`vectorize` has no option `lanes`"):
        VectorizeOptions(lanes=4)
