"""Counts without enumeration, against the encyclopedia, enumeration and brute force."""

import pytest

from fade.space import CellSpace
from fade.space.counting import class_counts

A003087 = (1, 1, 2, 6, 31, 302, 5984, 243668, 20286025, 3424938010, 1165948612902, 797561675349580)


def test_one_label_gives_oeis_a003087():
    assert class_counts(11, 1) == A003087


@pytest.mark.parametrize(("vertices", "labels"), [(2, 5), (3, 4), (4, 1), (4, 3), (5, 1), (5, 2), (6, 1)])
def test_labelled_counts_are_those_of_the_enumeration(vertices, labels):
    space = CellSpace(vertices, tuple("edcba"[:labels]))
    assert space.count() == sum(1 for _ in space.cells())


def test_a_range_sums():
    assert CellSpace((2, 5)).count() == 2 + 6 + 31 + 302


def test_large_counts_are_plain_integers():
    assert isinstance(CellSpace(16, ("a", "b", "c")).count(), int)
    assert CellSpace(16).count() > 2**120 // 20922789888000
