"""Zero-cost proxies of a study's paths, measured anew in what is known of them: of a new proxy, or one that was mended.

python -m experiments.rank_correlation.proxies FOLDER --names jacob_cov --overrides OVERRIDES…

The overrides are those of the study's runs, without the seed, which is the region's. FOLDER/truth.jsonl keeps all else.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.collect import keep, kept, study_folder
from experiments.rank_correlation.study import read_truth
from fade.config import compose_study
from fade.space import Region
from fade.store import Store
from fade.study.config import StudyConfig
from fade.study.preparation import Prepared, prepare, threads
from fade.training.config import TrainerConfig
from fade.training.stored import StoredTrainings
from fade.truth.known import Truth
from fade.truth.proxied import with_proxies


def proxied(
    region: Region, truth: Truth, names: Sequence[str], config: StudyConfig, prepared: Prepared, store: Path
) -> Truth:
    """A truth with these proxies of its sampled paths, as a run of this configuration measures them."""
    assert isinstance(config.trainer, TrainerConfig)
    assert prepared.data is not None
    assert prepared.layout is not None
    seed, networks_seed = config.seed_of("training"), config.seed_of("networks")
    trainings = StoredTrainings(
        Store(store), config.trainer, prepared.layout, prepared.data, seed=seed, networks_seed=networks_seed
    )
    return with_proxies(region, truth, names, trainings)


def measured(row: dict[str, Any], names: Sequence[str], overrides: Sequence[str], store: Path) -> dict[str, Any]:
    """A region with these proxies of its sampled paths."""
    seed = int(float(row["region"]))
    config = compose_study(["experiment=rank_correlation", "tracking=none", *overrides, f"seed={seed}", "truth=none"])
    truth = read_truth(row)
    found = proxied(truth.region, truth.known, names, config, prepare(config), store)
    scores = {path.path: path.proxies for path in found.paths}
    paths = [
        path | {"proxies": (path["proxies"] or {}) | scores[tuple(path["path"])]} if path["sampled"] else path
        for path in row["paths"]
    ]
    return row | {"paths": paths}


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=study_folder)
    parser.add_argument("--names", nargs="+", required=True)
    parser.add_argument("--store", type=Path, default=Path("outputs/store"))
    parser.add_argument("--overrides", nargs="+", default=[])
    args = parser.parse_args()
    file = args.folder / "truth.jsonl"
    with threads(1):
        keep(file, [measured(row, args.names, args.overrides, args.store) for row in kept(file)])


if __name__ == "__main__":
    main()
