"""A sweeper as others write them: it asks for a job, learns its value, and goes on from the best so far."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins
from hydra.plugins.sweeper import Sweeper
from omegaconf import OmegaConf


@dataclass
class ClimbingConf:
    _target_: str = "hydra_plugins.climbing_sweeper.climbing.ClimbingSweeper"
    key: str = "trainer.rank_correlation"
    start: float = 0.0
    step: float = 0.5
    trials: int = 3
    tolerant: bool = False


ConfigStore.instance().store(group="hydra/sweeper", name="climbing", node=ClimbingConf, provider="climbing")


class ClimbingSweeper(Sweeper):
    def __init__(self, key: str, start: float, step: float, trials: int, tolerant: bool) -> None:
        self.key, self.value, self.step, self.trials, self.tolerant = key, start, step, trials, tolerant

    def setup(self, *, hydra_context: Any, task_function: Any, config: Any) -> None:
        self.config = config
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> None:
        found = []
        for trial in range(self.trials):
            (job,) = self.launcher.launch([[*arguments, f"{self.key}={self.value}"]], initial_job_idx=trial)
            try:
                found.append({"setting": self.value, "objective": float(job.return_value)})
            except Exception:
                if not self.tolerant:
                    raise
            self.value += self.step
        best = max(found, key=lambda each: each["objective"])
        OmegaConf.save(OmegaConf.create({"best": best, "all": found}), Path(self.config.hydra.sweep.dir) / "best.yaml")
