"""Configuration of a study: its parts, and what they must be for one another."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from fade.nets.config import SpaceConfig
from fade.search.config import PseudoGradientConfig, SearchConfig
from fade.seeds import subseed
from fade.space import Region
from fade.study.plain import check_plain
from fade.tracking.config import TrackingConfig
from fade.training.config import TOLD_READOUTS, SyntheticConfig, TrainerConfig, default_trainer, one_of
from fade.training.data import DatasetConfig
from fade.truth.config import TruthConfig

DEVICES = ("auto", "cpu", "cuda")
EXECUTORS = ("serial",)
LONGEST_NAME = 255
MOST_THREADS = 1024
"""More than any machine has cores for; torch may end the process over as many as it is told."""


class ConfigurationError(ValueError):
    """Wrong configuration or input, found before any work; one sentence names the key, the value and the remedy."""


@dataclass(kw_only=True)
class Seeds:
    """Seeds of single sources of chance; None derives one from the study's seed, so that one can be held.

    Attributes:
        search: Regions, and all chance of the outer search.
        training: Initial weights, batches and noise of all trainings. All regions of a study share it, so that cells
            alike start alike in each, and what chance does to them does not average out over the regions of one seed.
        networks: Of the stand-alone trainings alone, so that trainings of one region share a truth; None is training's.
        split: Subsets and splits of the data.
        paths: Which paths are held against the truth.
        landscape: The synthetic landscape.
    """

    search: int | None = None
    training: int | None = None
    networks: int | None = None
    split: int | None = None
    paths: int | None = None
    landscape: int | None = None

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value is not None and value < 0:
                raise ValueError(f"seeds.{name}={value} is negative; give 0 or more, or null")


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
        threads: Threads of one operation on a CPU; None is torch's choice.
        executor: ``serial``.
        store: Folder of finished results.
        outputs: Folder of runs.
        name: Of the study; its runs are in ``outputs/<name>``.
        plan: Say what the study would cost, and do nothing.
        objective: What a sweeper is told of a study that it optimises: a number of metrics.json by its dotted path, as
            ``regions.0.correlation.spearman.value``.
        plugins: Python modules, which register ops, that a composed configuration has imported; who makes one in
            Python imports them before.
    """

    dataset: DatasetConfig = field(default_factory=DatasetConfig)
    space: SpaceConfig = field(default_factory=SpaceConfig)
    trainer: TrainerConfig | SyntheticConfig = field(default_factory=default_trainer)
    search: SearchConfig = field(default_factory=PseudoGradientConfig)
    truth: TruthConfig = field(default_factory=TruthConfig)
    tracking: TrackingConfig = field(default_factory=TrackingConfig)
    seed: int = 0
    seeds: Seeds = field(default_factory=Seeds)
    device: str = "auto"
    threads: int | None = None
    executor: str = "serial"
    store: str = "outputs/store"
    outputs: str = "outputs"
    name: str = "fade"
    plan: bool = False
    objective: str = "best.validation_accuracy"
    plugins: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ValueError(f"seed={self.seed} is negative; give 0 or more")
        if self.threads is not None and not 1 <= self.threads <= MOST_THREADS:
            raise ValueError(f"threads={self.threads} is no number of threads; give 1 to {MOST_THREADS}, or null")
        if self.device not in DEVICES and not (
            self.device.startswith("cuda:") and self.device.removeprefix("cuda:").isdigit()
        ):
            raise ValueError(f"device={self.device} is unknown; choose from {', '.join(DEVICES)}, or cuda:N")
        one_of("executor", self.executor, EXECUTORS)
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
        trains = isinstance(self.trainer, TrainerConfig)
        if isinstance(self.trainer, TrainerConfig):
            self._check_paths(self.trainer, region)
            self.dataset.check()
            self._check_told(self.trainer, region)
        elif self.truth.name == "retrain":
            raise ValueError(
                "truth=retrain trains networks, which trainer=synthetic does not; use truth=none or another trainer"
            )
        elif self.truth.curve:
            raise ValueError(
                "truth.curve=true trains networks, which trainer=synthetic does not; use truth.curve=false "
                "(the landscape's own values are in the trajectory)"
            )
        if not trains and self.search.budget is not None:
            raise ValueError(
                f"search.budget={self.search.budget:g} is in FLOPs, of which trainer=synthetic takes none; use "
                "search.regions, with search.budget=null"
            )
        if not trains and self.space.name == "nas_bench_macro":
            raise ValueError(
                "trainer=synthetic scores the edges of graphs, and space=nas_bench_macro lists blocks; "
                "use another space, or another trainer"
            )
        if self.space.name == "nas_bench_macro" and getattr(self.trainer, "share_weights", False):
            raise ValueError(
                "trainer.share_weights=true shares weights between edges, and the blocks of space=nas_bench_macro have "
                "none; use trainer.share_weights=false, or another space"
            )
        if self.truth.name == "table" and self.space.name != "nas_bench_macro":
            raise ValueError(
                f"truth=table is the table of NAS-Bench-Macro, but space={self.space.name}; "
                "use space=nas_bench_macro, or truth=retrain"
            )
        if isinstance(self.search, PseudoGradientConfig) and self.search.utilities == "true" and trains:
            raise ValueError(
                f"search.utilities=true needs true stage scores, which trainer.name={self.trainer.name} cannot give; "
                "use trainer=synthetic, or search.utilities=ranks"
            )

    def _check_told(self, trainer: TrainerConfig, region: Region) -> None:
        if not trainer.elsewhere:
            return
        from fade.study.lessons import read_lessons
        from fade.training.elsewhere import others_than

        if not others_than(region, read_lessons(self)) and trainer.readout in TOLD_READOUTS:
            raise ValueError(
                f"trainer.readout={trainer.readout} reads what other regions tell, and trainer.elsewhere="
                f"{trainer.elsewhere} knows networks of this region alone; give runs of others, or another read-out"
            )

    @staticmethod
    def _check_paths(trainer: TrainerConfig, region: Region) -> None:
        if trainer.readout_paths is None or not trainer.reads("main_effects"):
            return
        fewest = min(region.depth * region.candidates, region.size)
        if -(-trainer.readout_paths // region.candidates) * region.candidates < fewest:
            raise ValueError(
                f"trainer.readout_paths={trainer.readout_paths} cannot tell the effects of {region.candidates} "
                f"candidates in each of {region.depth} stages; give at least {fewest}, or null"
            )

    def seed_of(self, name: str) -> int:
        """The seed of one source of chance."""
        held: int | None = getattr(self.seeds, name)
        if held is None and name == "networks":
            return self.seed_of("training")
        return subseed(self.seed, name) if held is None else held
