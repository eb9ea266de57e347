"""What every read-out must do."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from fade.estimators import READOUTS, MeasuredReadout, Need, Readout, TrainingRecord
from fade.estimators.predictor import EarlierRegion
from fade.estimators.supernet import SupernetConfig
from fade.space import Region
from fade.testing import samples


class ReadoutConformance:
    """Subclass it with a fixture ``readout``: a registered `Readout` class."""

    @pytest.fixture
    def readout(self) -> type[Readout]:
        """The read-out under test."""
        raise NotImplementedError("give a fixture `readout` that returns your Readout class")

    @pytest.fixture
    def region(self) -> Region:
        """Two stages of three candidates."""
        return samples.region()

    @pytest.fixture
    def record(self, region: Region) -> TrainingRecord:
        """A record with all there can be, in which one candidate of each stage is best."""
        return _record(region, frozenset())

    def test_is_registered_and_says_what_it_needs(self, readout: type[Readout]) -> None:
        """Needs that do not exist would never be met."""
        assert READOUTS[readout.name] is readout
        assert readout.needs
        assert readout.needs | readout.uses <= set(Need)

    def test_scores_have_a_number_for_each_candidate(
        self, readout: type[Readout], record: TrainingRecord, region: Region
    ) -> None:
        """Finite; probabilities where it says so."""
        reading = record.reading(readout.name)
        assert reading is not None
        scores = np.array(reading.stage_scores)
        assert scores.shape == (region.depth, region.candidates)
        assert np.isfinite(scores).all()
        if readout.probabilities:
            np.testing.assert_allclose(scores.sum(1), 1, rtol=1e-6)
            assert (scores >= 0).all()

    def test_the_planted_best_path_ranks_first(self, readout: type[Readout], record: TrainingRecord) -> None:
        """Whatever it reads, the record says that one path is best by far."""
        reading = record.reading(readout.name)
        assert reading is not None
        assert reading.ranks().top(1)[0][0] == samples.BEST

    def test_reads_the_same_twice_and_changes_nothing(self, readout: type[Readout], region: Region) -> None:
        """A read-out is a function of the record."""
        first, second = _record(region, frozenset()), _record(region, frozenset())
        before = copy.deepcopy(dict(first.result))
        assert first.reading(readout.name) == second.reading(readout.name)
        assert dict(first.result) == before

    def test_is_not_offered_without_what_it_needs(self, readout: type[Readout], region: Region) -> None:
        """Each need by itself is enough to be missed."""
        for need in readout.needs:
            assert _record(region, frozenset({need})).reading(readout.name) is None

    def test_needs_no_more_than_it_says(self, readout: type[Readout], region: Region) -> None:
        """It reads a record that has nothing else."""
        assert _record(region, frozenset(Need) - readout.needs).reading(readout.name) is not None

    def test_what_it_uses_makes_a_difference(self, readout: type[Readout], region: Region) -> None:
        """Beside its needs, or beside all that it may use."""
        least, most = frozenset(Need) - readout.needs, frozenset(Need) - readout.needs - readout.uses
        for used in readout.uses:
            changed = [
                _record(region, without).reading(readout.name)
                != _record(region, without ^ {used}).reading(readout.name)
                for without in (least, most)
            ]
            assert any(changed), used

    def test_measures_and_leaves_the_network_as_it_was(self, readout: type[Readout]) -> None:
        """What takes passes of the trained hyper-architecture moves no weight and no statistic of it."""
        if not issubclass(readout, MeasuredReadout):
            pytest.skip("it reads records alone")
        import torch

        from fade.training.region import train_region

        config = SupernetConfig(epochs=1, batch_size=20)
        data = samples.waves()
        layout = samples.SPACE.layout(data.shape, data.classes)
        _, trained = train_region(samples.region(), config.of_region, layout, data, seed=0)
        before = {name: value.clone() for name, value in trained.network.state_dict().items()}
        scores, again = readout().measure(trained), readout().measure(trained)
        assert scores is not None
        assert scores.shape == trained.stage_weights.shape
        assert np.isfinite(scores).all()
        assert again is not None
        assert (scores == again).all()
        assert all(torch.equal(value, before[name]) for name, value in trained.network.state_dict().items())


def _record(region: Region, without: frozenset[Need]) -> TrainingRecord:
    """Of one kind of training that has all that there can be, but for some needs."""
    config = SupernetConfig(name="fair", earlier_runs=["a folder"], readout="alone")
    provided = [each - without for each in config.provided()]
    result = samples.planted_record(region)
    measured = [name for name, one in READOUTS.items() if issubclass(one, MeasuredReadout)]
    found = {name: result["readouts"].get(name, result["readouts"]["alone"]) for name in measured}
    result["readouts"] = {name: scores for name, scores in found.items() if READOUTS[name].needs <= provided[0]}
    for need in without:
        for key in samples.RECORDED.get(need, ()):
            del result[key]
    earlier = None if Need.EARLIER_RUNS in without else _earlier(region)
    return TrainingRecord(region, result, config, provided, earlier)


def _earlier(region: Region) -> list[EarlierRegion]:
    """A region of which the same cells are known, and which of them are good."""
    record = samples.planted_record(region)["path_losses"]
    paths = np.array(record["paths"])
    return [EarlierRegion(region, paths, -np.array(record["losses"]), np.ones(len(paths), dtype=np.int64))]
