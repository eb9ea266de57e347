"""A study of many regions holds of each no more than its record."""

import gc

import pytest
import torch

from fade.study import run
from fade.study.loop import Study
from tests.study.tiny import tiny_config

REGIONS, WARM = 7, 2
PER_REGION = 300
"""Objects with references, of a record of about a hundred."""


@pytest.mark.usefixtures("bare")
def test_no_tensor_of_a_region_outlives_it(tmp_path, monkeypatch) -> None:
    tensors, objects, entry = [], [], Study._entry

    def count(self: Study, *args: object, **values: object) -> object:
        gc.collect()
        alive = gc.get_objects()
        objects.append(len(alive))
        tensors.append(sum(isinstance(one, torch.Tensor) for one in alive))
        return entry(self, *args, **values)  # type: ignore[arg-type]

    monkeypatch.setattr(Study, "_entry", count)
    words = ("trainer=fair", "trainer.alpha_lr=0.01", "trainer.readout=weights", "trainer.all_readouts=false")
    sizes = ("trainer.epochs=1", "dataset.train_samples=60", "trainer.batch_size=20", "trainer.region_batch_size=20")
    run(tiny_config(tmp_path, *words, *sizes, "trainer.checkpoint_activations=true", f"search.regions={REGIONS}"))
    assert len(tensors) == REGIONS
    assert max(tensors[WARM:]) == min(tensors[WARM:])
    assert objects[-1] - objects[WARM] < PER_REGION * (REGIONS - WARM)
