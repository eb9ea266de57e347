"""Configuration of a study: its parts, and what they must be for one another."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from fade.data import DatasetConfig
from fade.estimators import EstimatorConfig
from fade.estimators.supernet import default_trainer
from fade.fields import check_fields, option
from fade.nets.config import SpaceConfig
from fade.search import PseudoGradientConfig, SearchConfig
from fade.seeds import subseed
from fade.study.plain import check_plain
from fade.tracking.config import TrackingConfig
from fade.training.recipe import NetworkRecipe
from fade.truth.config import TruthConfig

if TYPE_CHECKING:
    from fade.estimators.predictor import EarlierRegion

DEVICES = ("auto", "cpu", "cuda")
EXECUTORS = ("processes", "serial")
LONGEST_NAME = 255
MOST_THREADS = 1024
"""More than any machine has cores for; torch may end the process over too many."""


class ConfigurationError(ValueError):
    """Wrong configuration or input, found before any work; one sentence names the key, the value and the remedy."""


@dataclass(kw_only=True)
class Seeds:
    """Seeds of single sources of chance; None derives one from the study's seed, so that one can be held.

    Attributes:
        search: Regions, and all chance of the outer search.
        training: Initial weights, batches and noise of all trainings. All regions of a study share it, so that equal
            cells start from equal weights in each, and what chance does to them does not average out over the regions
            of one seed.
        networks: Of the stand-alone trainings alone, so that trainings of one region share a truth; None is training's.
        split: Subsets and splits of the data.
        paths: Which paths are held against the truth.
        landscape: The synthetic landscape.
    """

    search: int | None = option(None, least=0, remedy=", or null")
    training: int | None = option(None, least=0, remedy=", or null")
    networks: int | None = option(None, least=0, remedy=", or null")
    split: int | None = option(None, least=0, remedy=", or null")
    paths: int | None = option(None, least=0, remedy=", or null")
    landscape: int | None = option(None, least=0, remedy=", or null")

    def __post_init__(self) -> None:
        check_fields(self, "seeds")


@dataclass(kw_only=True)
class StudyConfig:
    """One study.

    Attributes:
        dataset: Data.
        space: Cells and skeleton.
        trainer: How a region becomes stage scores.
        search: Which regions.
        truth: What ranks are held against.
        tracking: Where curves go.
        seed: All chance derives from it.
        seeds: Sources of chance that are held.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
        threads: Threads of one operation on a CPU; None is torch's choice. One is fastest where trainings are small,
            as all cores are used by processes.
        executor: ``processes`` trains side by side what does not depend on one another, in as many processes as there
            are idle cores, where it can: on Linux, on a CPU, without an accelerator beside it. ``serial`` trains one
            after the other. The results are the same to the bit.
        store: Folder of finished results.
        outputs: Folder of runs.
        name: Of the study; its runs are in ``outputs/<name>``.
        plan: Say what the study would cost, and do nothing.
        objective: What a sweeper is told of a study that it optimises: a number of metrics.json by its dotted path, as
            ``regions.0.correlation.spearman.value``.
        plugins: Python modules that register parts of your own; they are imported before the configuration is
            composed. Who makes one in Python imports them before.
    """

    dataset: DatasetConfig = field(default_factory=DatasetConfig)
    space: SpaceConfig = field(default_factory=SpaceConfig)
    trainer: EstimatorConfig = field(default_factory=default_trainer)
    search: SearchConfig = field(default_factory=PseudoGradientConfig)
    truth: TruthConfig = field(default_factory=TruthConfig)
    tracking: TrackingConfig = field(default_factory=TrackingConfig)
    seed: int = option(0, least=0)
    seeds: Seeds = field(default_factory=Seeds)
    device: str = "auto"
    threads: int | None = option(1, least=1, most=MOST_THREADS, remedy=", or null")
    executor: str = option("processes", choices=EXECUTORS)
    store: str = "outputs/store"
    outputs: str = "outputs"
    name: str = "fade"
    plan: bool = False
    objective: str = "best.validation_accuracy"
    plugins: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        check_fields(self)
        if self.device not in DEVICES and not (
            self.device.startswith("cuda:") and self.device.removeprefix("cuda:").isdigit()
        ):
            raise ValueError(f"device={self.device} is unknown; choose from {', '.join(DEVICES)}, or cuda:N")
        if not self.name or Path(self.name).name != self.name or self.name.startswith("."):
            raise ValueError(f"name='{self.name}' cannot name a folder; use letters, digits, - and _")
        for key in ("store", "outputs"):
            if not getattr(self, key):
                raise ValueError(f"{key}='' names no folder; give one, or leave {key} out")
        if len(self.name.encode()) > LONGEST_NAME:
            raise ValueError(f"name='{self.name}' is too long for a folder; use at most {LONGEST_NAME} letters")

    def check(self) -> None:
        """Check what no part sees alone; imports no torch, reads no data.

        Raises:
            ValueError: Naming the key, its value and the remedy.
        """
        check_plain(self)
        # A region that cannot be drawn raises.
        region = self.search.build(self.space.build(), seed=self.seed_of("search")).ask()
        self.trainer.check_space(self.space)
        self.trainer.check_region(region)
        if self.trainer.trains:
            self.dataset.check()
            self.trainer.check_earlier(region, self.earlier_regions())
        else:
            self._check_untrained()
        if self.truth.name == "table" and self.space.name != "nas_bench_macro":
            raise ValueError(
                f"truth=table is the table of NAS-Bench-Macro, but space={self.space.name}; "
                "use space=nas_bench_macro, or truth=retrain"
            )
        if self.search.wants_true_scores and not self.trainer.knows_truth:
            raise ValueError(
                f"search.utilities=true needs true stage scores, which trainer.name={self.trainer.name} cannot give; "
                "use trainer=synthetic, or search.utilities=ranks"
            )

    def _check_untrained(self) -> None:
        """What needs trainings, where the estimator does none."""
        name = self.trainer.name
        if self.truth.name == "retrain":
            raise ValueError(
                f"truth=retrain trains networks, which trainer={name} does not; use truth=none or another trainer"
            )
        if self.truth.curve:
            raise ValueError(
                f"truth.curve=true trains networks, which trainer={name} does not; use truth.curve=false "
                "(the landscape's own values are in the trajectory)"
            )
        if self.search.budget is not None:
            raise ValueError(
                f"search.budget={self.search.budget:g} is in FLOPs, of which trainer={name} takes none; use "
                "search.regions, with search.budget=null"
            )

    @property
    def network_recipe(self) -> NetworkRecipe:
        """How the networks of a truth and the finalists are trained."""
        recipe = self.trainer.network
        assert recipe is not None
        return recipe if self.truth.epochs is None else replace(recipe, epochs=self.truth.epochs)

    def earlier_regions(self) -> list[EarlierRegion]:
        """Regions of the earlier runs that the trainer names.

        Raises:
            ValueError: If these cannot be learned from.
        """
        if not self.trainer.earlier:
            return []
        from fade.estimators.earlier_runs import read_earlier_runs

        return read_earlier_runs(self.trainer.earlier, self.dataset, self.space, Path(self.outputs) / self.name)

    def seed_of(self, name: str) -> int:
        """The seed of one source of chance."""
        held: int | None = getattr(self.seeds, name)
        if held is None and name == "networks":
            return self.seed_of("training")
        return subseed(self.seed, name) if held is None else held
