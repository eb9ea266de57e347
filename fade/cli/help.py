"""``fade --help`` and ``fade --help GROUP``."""

from __future__ import annotations

import dataclasses
import difflib
import inspect
import re
import textwrap
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from fade.cli.arguments import Arguments, quoted
from fade.config import CONF, GROUPS, explain, options, schemas
from fade.study.config import ConfigurationError, Seeds, StudyConfig

EXAMPLES = """\
examples
  fade                                         four regions of a space on mnist1d
  fade experiment=demo                         a whole study in five minutes, with truth
  fade search=fixed truth=retrain              one region, its ranks held against trained networks
  fade dataset=image_folder dataset.root=PATH dataset.image_size=16
  fade -m seed=0,1,2 space.depth=2,3           a sweep; hydra/launcher=joblib|submitit_slurm|… for parallel jobs
  fade -m hydra/sweeper=optuna trainer.lr='interval(0.001,0.1)'   a sweeper that maximises or minimises `objective`
  fade --config-dir FOLDER experiment=MINE     an experiment of your own: FOLDER/experiment/MINE.yaml; also after --help
  fade hydra.run.dir=FOLDER                    where the run lies; hydra.sweep.dir and hydra.sweep.subdir of a sweep
  fade plan=true experiment=demo               what it would cost; nothing is run
  fade --cfg job                               the composed configuration, all keys with their values
  fade-report outputs/NAME/RUN                 the report of a run or a sweep, built again
"""


def help_text(asked: Arguments) -> str:
    """Groups, options and examples; or the keys of the group that the command line names.

    Args:
        asked: A command line, by whose ``--config-dir`` and ``hydra.searchpath`` there may be more options.

    Raises:
        ConfigurationError: If what it names cannot be found.
    """
    group = next((word for word in asked.overrides if "=" not in word), None)
    found = _Options(asked)
    if group in GROUPS:
        return "\n".join(_keys_of(group, found))
    lines = [] if group is None else [f"{group} is no group; {_guess(group)}", ""]
    lines += [
        "fade: rank all architectures of a region after one training, and search from region to region",
        "",
        "usage: fade [KEY=VALUE | GROUP=OPTION …]      one study; the same command again continues it",
        "       fade -m [KEY=A,B …]                    a sweep",
        "       fade --help GROUP                      the keys of a group",
        "",
        "groups and options (the first line of each file says what it is)",
    ]
    for name in GROUPS:
        lines += [f"  {name}", *found.lines(name)]
    outside = {key: text for key, text in explained(StudyConfig).items() if key not in GROUPS}
    lines += [
        "",
        "keys outside the groups",
        *_table(outside),
        *_table({f"seeds.{key}": text for key, text in explained(Seeds).items()}),
        "",
        "exit codes: 0 done, 1 failed while running, 2 wrong configuration or input, 130 interrupted, 143 terminated",
        "HYDRA_FULL_ERROR=1 shows whole tracebacks",
        "",
        EXAMPLES,
    ]
    return "\n".join(lines)


def _guess(word: str) -> str:
    close = difflib.get_close_matches(word.partition(".")[0].partition("=")[0], GROUPS, n=1)
    return f"`fade --help {close[0]}` explains the keys of {close[0]}" if close else "these are the groups"


def explained(schema: type) -> dict[str, str]:
    """What the docstrings of a dataclass and its bases say of each of its fields, in their order, as for YAML."""
    told: dict[str, str] = {}
    for base in reversed(schema.__mro__):
        _, _, attributes = inspect.cleandoc(base.__doc__ or "").partition("Attributes:\n")
        for key, text in re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", attributes, re.MULTILINE):
            told[key] = re.sub(r"\bNone\b", "null", " ".join(text.replace("``", "").split()))
    return {item.name: told.get(item.name, "") for item in dataclasses.fields(schema)}


def _keys_of(group: str, found: _Options) -> list[str]:
    """Options and keys; those that several schemas explain alike once."""
    lines, known = [group, *found.lines(group)], dict[str, str]()
    if not schemas(group):
        lines += ["", "each sets keys of the other groups"]
    for name, schema in schemas(group).items():
        own = explained(schema)
        new = {f"{group}.{key}": text for key, text in own.items() if known.get(key) != text}
        title = [f"keys of {group}"] + [name] * (len(schemas(group)) > 1)
        lines += ["", ", ".join(title + ["those explained above aside"] * (len(new) < len(own))), *_table(new)]
        known |= own
    return lines


class _Options:
    """The options that a command line can choose from, and what their files say of them.

    Args:
        asked: The command line.
    """

    def __init__(self, asked: Arguments) -> None:
        try:
            self._overrides = _searchpath(asked)
            with initialize_config_dir(str(CONF), version_base="1.3"):
                sources = compose("config", overrides=self._overrides, return_hydra_config=True).hydra.runtime
        except HydraException as error:
            raise ConfigurationError(explain(error)) from error
        self._folders = [place for each in sources.config_sources if (place := _folder(each.schema, each.path))]

    def lines(self, group: str) -> list[str]:
        """A line an option."""
        return [f"    {option:18s}{self._said(group, option)}" for option in options(group, self._overrides)]

    def _said(self, group: str, option: str) -> str:
        """The first line of comment in the file of an option, or of the docstring of one that has no file."""
        for folder in self._folders:
            file = folder / group / f"{option}.yaml"
            if file.is_file():
                comments = (line.removeprefix("#").strip() for line in file.read_text().splitlines() if line[:1] == "#")
                return next((comment for comment in comments if comment and not comment.startswith("@package")), "")
        schema = schemas(group).get(option)
        return (inspect.getdoc(schema) or "").partition("\n")[0] if schema else ""


def _searchpath(asked: Arguments) -> list[str]:
    """The override by which a composition without flags finds what a command line finds."""
    folders = [f"file://{Path(asked.config_dir).resolve()}"] if asked.config_dir else []
    words = [word for word in asked.overrides if word.startswith("hydra.searchpath=")]
    for override in OverridesParser.create().parse_overrides(words):
        value = override.value()
        folders += [str(each) for each in (value if isinstance(value, list) else [value])]
    return [f"hydra.searchpath=[{','.join(map(quoted, folders))}]"] if folders else []


def _folder(scheme: str, path: str) -> Traversable | None:
    """Where the files of a part of the search path lie, if it has files."""
    if scheme == "file":
        return Path(path)
    if scheme == "pkg" and path:
        module, *below = path.split("/")
        try:
            return files(module).joinpath(*below)
        except (ImportError, TypeError):
            return None
    return None


def _table(texts: dict[str, str]) -> list[str]:
    return [
        line
        for key, text in texts.items()
        for line in textwrap.wrap(
            text, 120, initial_indent=f"  {key:28s} ", subsequent_indent=" " * 31, break_on_hyphens=False
        )
    ]
