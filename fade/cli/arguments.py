"""The flags of the command line: Hydra's own, read before Hydra so that what is wrong is told in one line."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from fade.study.config import ConfigurationError

_INFORMATION = ("cfg", "info", "shell_completion", "hydra_help")


@dataclass(frozen=True)
class Arguments:
    """A command line.

    Attributes:
        flags: With their values, as typed.
        overrides: All that is no flag.
        help: Whether ``--help`` is among the flags.
        version: Whether ``--version`` is.
        config_dir: Folder of more options.
        config_name: Of the primary configuration.
    """

    flags: list[str]
    overrides: list[str]
    help: bool
    version: bool
    config_dir: str | None
    config_name: str | None

    @property
    def ordered(self) -> list[str]:
        """Flags first: argparse, with which Hydra reads them, wants all overrides in one piece."""
        return [*self.flags, *self.overrides]


def parse(arguments: Sequence[str]) -> Arguments:
    """Read a command line, whatever the order it was typed in.

    Raises:
        ConfigurationError: For a flag that Hydra does not have, or a value that it does not take.
    """
    found = _parser().parse_intermixed_args(list(arguments))
    left, flags = list(found.overrides), []
    for argument in arguments:
        if argument in left:
            left.remove(argument)
        else:
            flags.append(argument)
    return Arguments(flags, found.overrides, found.help, found.version, found.config_dir, found.config_name)


def quoted(text: object) -> str:
    """A text, as of a path, that Hydra reads as it is in the value of an override."""
    return "'" + re.sub(r"(\\*)('|$)", lambda found: 2 * found[1] + ("\\'" if found[2] else ""), str(text)) + "'"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ConfigurationError(f"{message}; `fade --help` shows what there is")


def _parser() -> _Parser:
    """Hydra's flags, as its documentation lists them."""
    parser = _Parser(prog="fade", add_help=False)
    parser.add_argument("overrides", nargs="*")
    for names in (
        ("--help", "-h"),
        ("--version",),
        ("--hydra-help",),
        ("--resolve",),
        ("--run", "-r"),
        ("--multirun", "-m"),
        ("--shell-completion", "-sc"),
    ):
        parser.add_argument(*names, action="store_true")
    for names in (
        ("--package", "-p"),
        ("--config-path", "-cp"),
        ("--config-name", "-cn"),
        ("--config-dir", "-cd"),
        ("--experimental-rerun",),
    ):
        parser.add_argument(*names)
    parser.add_argument("--cfg", "-c", choices=["job", "hydra", "all"])
    information = ["all", "config", "defaults", "defaults-tree", "plugins", "searchpath"]
    parser.add_argument("--info", "-i", const="all", nargs="?", choices=information)
    return parser
