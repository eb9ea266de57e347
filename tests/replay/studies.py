"""Tiny studies of every trainer, whose results are stored and replayed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

TINY = (
    "threads=1",
    "device=cpu",
    "dataset=digits",
    "dataset.train_samples=300",
    "dataset.test_samples=100",
    "search.candidates=2",
    "space.vertices=3",
    "space.depth=2",
    "space.channels=4",
    "tracking=none",
)
TRAIN = ("trainer.epochs=2", "trainer.batch_size=25", "trainer.region_batch_size=null")
EARLIER = ("search=fixed", "seeds.search=7", "trainer.earlier_runs=[{outputs}/consensus]")
STUDIES: dict[str, tuple[str, ...]] = {
    "consensus": (
        *("search.regions=2", "trainer=consensus", "trainer.epochs=2", "trainer.region_batch_size=25"),
        *("trainer.batch_size=25", "trainer.repeats=2", "trainer.fair_repeats=2", "truth=retrain", "truth.paths=all"),
        *("truth.seeds=2", "truth.curve=true", "truth.proxies=[synflow,naswot]", "truth.regions=all"),
    ),
    "joint": (
        *("search=fixed", "trainer=joint", *TRAIN, "trainer.mixing=gumbel", "trainer.temperature_end=0.5"),
        *("trainer.candidate_dropout=0.2", "truth=retrain", "truth.paths=2"),
    ),
    "first_order": (
        *("search=random_regions", "search.regions=2", "trainer=first_order", *TRAIN),
        *("trainer.share_weights=true", "trainer.readout=alone"),
    ),
    "second_order": (
        *("search=fixed", "trainer=second_order", *TRAIN, "trainer.alpha_warmup=0.5"),
        *("trainer.readout=weights_mean", "trainer.aggregate=log_sum"),
    ),
    "fair": ("search=fixed", "trainer=fair", *TRAIN, "trainer.repeats=2", "trainer.readout=training_pairs"),
    "fair_alpha": (
        *("search=fixed", "trainer=fair", *TRAIN, "trainer.repeats=1", "trainer.alpha_lr=0.01"),
        *("trainer.readout=consensus", "trainer.readout_transform=auto"),
    ),
    "one_readout": (
        *("search=fixed", "trainer=joint", *TRAIN, "trainer.all_readouts=false", "trainer.readout=pairs"),
        *("trainer.readout_pairs=neighbours", "trainer.readout_paths=4"),
    ),
    "independent_paths": (
        *("search=fixed", "trainer=independent_paths", "trainer.batch_size=25", "trainer.region_steps=5"),
        "trainer.region_batch_size=null",
    ),
    "earlier_runs": (
        *(*EARLIER, "trainer=consensus", "trainer.epochs=2", "trainer.batch_size=25", "trainer.region_batch_size=25"),
        *("trainer.repeats=1", "trainer.fair_repeats=1", "trainer.readout=consensus_with_predictor"),
    ),
    "predictor": (*EARLIER, "trainer=fair", *TRAIN, "trainer.readout=predictor", "trainer.all_readouts=false"),
    "synthetic": ("search.regions=5", "trainer=synthetic", "trainer.rank_correlation=0.6"),
    "oracle": ("search.regions=5", "trainer=synthetic", "search.utilities=true"),
    "mlp": ("search=fixed", "space=mlp", "space.width=5", "trainer=joint", *TRAIN),
    "blocks": (
        *("search=fixed", "space=nas_bench_macro", "space.stem=4", "search.candidates=3", "trainer=fair"),
        *("trainer.epochs=1", "trainer.repeats=1", "trainer.batch_size=25", "trainer.region_batch_size=null"),
        *("trainer.readout=training_pairs", "trainer.readout_paths=30", "truth=table", "truth.paths=40"),
    ),
}
"""In an order in which the earlier runs that a study learns from come before it."""

TIMES = (
    *("seconds", "measure_seconds", "stored_seconds", "epoch_seconds", "peak_flops_per_second"),
    *("versions", "device"),
)
"""Keys of metrics.json that a replay does not repeat."""


def overrides(name: str, folder: Path) -> list[str]:
    """The overrides of a study whose runs and store lie in a folder."""
    more = [word.format(outputs=folder / "outputs") for word in STUDIES[name]]
    given = {word.split("=")[0] for word in more}
    left_out = {"space.vertices", "space.depth", "space.channels"} if name == "blocks" else set()
    base = [word for word in TINY if word.split("=")[0] not in given | left_out]
    if "trainer=synthetic" in more:
        base = [word for word in base if not word.startswith("dataset")]
    return [*base, *more, f"outputs={folder / 'outputs'}", f"store={folder / 'store'}", f"name={name}"]


def lasting(value: Any) -> Any:
    """What a replay repeats to the bit."""
    if isinstance(value, dict):
        return {key: lasting(item) for key, item in value.items() if key not in TIMES}
    return [lasting(item) for item in value] if isinstance(value, list) else value
