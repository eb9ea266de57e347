"""Subsets and splits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fade.data.splits import balanced_subset, stratified_splits
from tests.training.samples import make_data

NAMES = ("a", "b", "c", "d")
counts = st.lists(st.integers(10, 40), min_size=4, max_size=4)


def labels_of(of_class: list[int]) -> np.ndarray:
    return np.repeat(np.arange(len(of_class)), of_class)


@given(counts, st.integers(0, 5), st.data())
def test_a_subset_fills_all_classes_to_one_level(of_class, seed, data):
    labels = labels_of(of_class)
    samples = data.draw(st.integers(len(NAMES), len(labels)))
    kept = np.bincount(labels[balanced_subset(labels, NAMES, samples, seed, "key")])
    assert kept.sum() == samples
    scarce = kept == of_class  # a class may stay below the others only because it has no more
    assert kept[~scarce].size == 0 or (
        np.ptp(kept[~scarce]) <= 1 and kept[scarce].max(initial=0) <= kept[~scarce].min() + 1
    )


def test_fewer_samples_are_a_subset_of_more():
    labels = labels_of([50, 40, 30, 20])
    few, more = (set(balanced_subset(labels, NAMES, n, 1, "key").tolist()) for n in (30, 90))
    assert few < more


@given(counts, st.floats(0.1, 0.3), st.floats(0.1, 0.3), st.integers(0, 5))
def test_splits_are_a_partition_in_proportion(of_class, alpha, validation, seed):
    labels = labels_of(of_class)
    splits = stratified_splits(labels, NAMES, alpha, validation, seed)
    assert sorted(np.concatenate(list(splits.values())).tolist()) == list(range(len(labels)))
    for split, fraction in (("alpha", alpha), ("validation", validation)):
        assert len(splits[split]) == round(len(labels) * fraction)
        share = len(splits[split]) / len(labels)
        assert np.abs(np.bincount(labels[splits[split]]) - np.array(of_class) * share).max() < 1


def test_slices_of_a_split_mix_the_classes():
    weights = stratified_splits(labels_of([100] * 4), NAMES, 0.2, 0.2, 0)["weights"]
    assert len(set((weights[:40] // 100).tolist())) == 4


def test_too_few_are_refused_with_the_class_and_the_remedy():
    with pytest.raises(ValueError, match=r"class 'c' has 2 training examples.*dataset\.train_samples"):
        stratified_splits(labels_of([10, 10, 2, 10]), NAMES, 0.2, 0.2, 0)
    with pytest.raises(ValueError, match=r"dataset\.test_samples is 3.*class 'd'"):
        balanced_subset(labels_of([5] * 4), NAMES, 3, 0, "dataset.test_samples")
    with pytest.raises(ValueError, match=r"dataset\.train_samples is 21, but there are only 20"):
        balanced_subset(labels_of([5] * 4), NAMES, 21, 0, "dataset.train_samples")


def test_one_class_is_nothing_to_classify():
    with pytest.raises(ValueError, match=r"dataset\.name=npz has one class, 'a'"):
        make_data(classes=1)
