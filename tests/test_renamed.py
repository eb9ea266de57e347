"""Names of earlier versions are understood."""

import pytest

from fade.config import options
from fade.estimators import READOUTS
from fade.renamed import KEYS, VALUES, current, current_region

OLD = {
    "cells": [["3"]],
    "readout": "informed",
    "elsewhere": {"regions": 3},
    "readouts": {"elsewhere": {"spearman": 0.5}, "weights": {"spearman": 0.4}},
}


def test_a_new_name_exists_and_an_old_one_is_free():
    names = {*READOUTS, *options("trainer")}
    assert set(VALUES.values()) <= names
    assert not set(VALUES) & names


@pytest.mark.parametrize("name", [*VALUES.values(), "weights", "anything"])
def test_a_name_of_today_stays(name):
    assert current(name) == name


def test_a_region_of_an_earlier_version_has_todays_names():
    found = current_region(OLD)
    assert found == {
        "cells": [["3"]],
        "readout": "consensus_with_predictor",
        "earlier_runs": {"regions": 3},
        "readouts": {"predictor": {"spearman": 0.5}, "weights": {"spearman": 0.4}},
    }
    assert current_region(found) == found
    assert "elsewhere" in OLD  # what was read is left as it was


def test_a_region_that_says_less_is_read_too():
    assert current_region({"readouts": None}) == {"readouts": None}
    assert current_region({}) == {}


def test_a_key_was_renamed_to_one_that_there_is():
    from fade.config import known_keys

    assert set(KEYS.values()) <= set(known_keys())
    assert not set(KEYS) & set(known_keys())
