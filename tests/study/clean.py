"""What the clean process does once, so that no process forked from it has to: imports, a composition, an export."""

import gc
from importlib import import_module

MODULES = (
    "fade.cli.study",
    "fade.cli.main",
    "fade.search.pseudo_gradient",
    "fade.study.running",
    "fade.tracking.lightning",
    "fade.export.export",
    "matplotlib.backends.backend_svg",
)


def _prepare() -> None:
    gc.disable()
    for name in MODULES:
        import_module(name)
    import torch

    from fade.config import compose_study
    from fade.export.export import serialised

    compose_study()
    serialised(torch.nn.Conv1d(1, 1, 3), (1, 4))
    gc.collect()
    gc.freeze()
    gc.enable()


_prepare()
