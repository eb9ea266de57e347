"""``fade --help``."""

from __future__ import annotations

from fade.config import CONF, GROUPS, options

EXAMPLES = """\
examples
  fade                                         four regions of a space on mnist1d
  fade experiment=demo                         a whole study in five minutes, with truth
  fade search=fixed truth=retrain              one region, its ranks held against trained networks
  fade dataset=image_folder dataset.root=PATH dataset.image_size=16
  fade -m seed=0,1,2 space.depth=2,3           a sweep; hydra/launcher=joblib|submitit_slurm|… for parallel jobs
  fade plan=true experiment=demo               what it would cost; nothing is run
  fade --cfg job                               the composed configuration
  fade-report outputs/NAME/RUN                 the report of a run or a sweep, built again
"""


def help_text() -> str:
    """Groups, options and examples."""
    lines = [
        "fade: rank all architectures of a region after one training, and search from region to region",
        "",
        "usage: fade [KEY=VALUE | GROUP=OPTION …]      one study; the same command again continues it",
        "       fade -m [KEY=A,B …]                    a sweep",
        "",
        "groups and options (the first line of each file says what it is)",
    ]
    for group in GROUPS:
        lines.append(f"  {group}")
        for option in options(group):
            first = next(
                (
                    line.removeprefix("#").strip()
                    for line in (CONF / group / f"{option}.yaml").read_text().splitlines()
                    if line.startswith("#") and "@package" not in line
                ),
                "",
            )
            lines.append(f"    {option:18s}{first}")
    lines += [
        "",
        "keys outside the groups: seed, seeds.*, device, threads, executor, store, outputs, name, plan, plugins",
        "exit codes: 0 done, 1 failed while running, 2 wrong configuration or input, 130 interrupted, 143 terminated",
        "HYDRA_FULL_ERROR=1 shows whole tracebacks",
        "",
        EXAMPLES,
    ]
    return "\n".join(lines)
