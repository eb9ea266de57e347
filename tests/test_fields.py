"""Ranges and choices that stand beside a field."""

import math
import re
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fade.fields import Allowed, check_fields, option

bounds = st.none() | st.floats(-10, 10)
numbers = st.floats(-12, 12) | st.integers(-12, 12)


@given(bounds, bounds, bounds, bounds, numbers)
def test_a_range_holds_what_all_its_bounds_allow(least, above, most, below, value):
    allowed = Allowed(least=least, above=above, most=most, below=below)
    inside = [least is None or value >= least, above is None or value > above]
    inside += [most is None or value <= most, below is None or value < below]
    assert allowed.holds(value) is all(inside)


@pytest.mark.parametrize("name", ["least", "above", "most", "below"])
def test_nan_is_in_no_range(name):
    assert not Allowed(**{name: 0}).holds(math.nan)
    assert Allowed().holds(math.nan)  # there is none


def make(**values):
    @dataclass(kw_only=True)
    class Config:
        rate: float = option(0.1, above=0, most=1)
        size: int | None = option(None, least=2, remedy=", or null")
        finite: float = option(1.0, below=math.inf)
        kind: str = option("joint", choices=("joint", "consensus_with_predictor"))
        kinds: list[str] = option(default_factory=lambda: ["a"], choices=lambda: ["a", *ADDED])
        free: list[int] = field(default_factory=list)

    return Config(**values)


ADDED: list[str] = []


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"rate": 0.0}, "group.rate=0.0 is out of range; give more than 0 and at most 1"),
        ({"rate": math.nan}, "group.rate=nan is out of range; give more than 0 and at most 1"),
        ({"size": 1}, "group.size=1 is out of range; give 2 or more, or null"),
        ({"finite": math.inf}, "group.finite=inf is out of range; give a finite number"),
        ({"kind": "first"}, "group.kind=first is unknown; choose from joint, consensus_with_predictor"),
        ({"kinds": ["a", "b"]}, "group.kinds=b is unknown; choose from a"),
        (
            {"kind": "informed"},
            "group.kind=informed is called consensus_with_predictor now; write group.kind=consensus_with_predictor",
        ),
    ],
)
def test_a_wrong_value_is_answered_with_key_value_and_remedy(values, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        check_fields(make(**values), "group")


def test_what_is_allowed_passes():
    check_fields(make(rate=1.0, size=None, finite=-1e300, free=[-1]), "group")


def test_choices_are_asked_for_when_they_are_checked():
    config = make(kinds=["a", "b"])
    ADDED.append("b")
    check_fields(config, "group")
    ADDED.clear()


def test_a_key_at_the_root_has_no_group():
    with pytest.raises(ValueError, match=r"^size=0 is"):
        check_fields(make(size=0))
