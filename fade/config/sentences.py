"""One sentence out of an error of Hydra or OmegaConf: the key, its value, and a remedy."""

from __future__ import annotations

import dataclasses
import difflib
import re

from hydra.errors import OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, MissingMandatoryValue, OmegaConfBaseException

from fade import renamed
from fade.config.schema import SCHEMAS, chosen_from, known_keys
from fade.errors import first_line

_KINDS = {"Integer": "whole number", "Float": "number"}


def explain(error: Exception) -> str:
    """One sentence out of an error of Hydra or OmegaConf."""
    for cause in (error, error.__cause__, error.__context__):
        if not isinstance(cause, OmegaConfBaseException):
            continue
        if isinstance(cause, MissingMandatoryValue):
            return f"{_key(cause)} must be chosen; give {_key(cause)}=…"
        if isinstance(cause, ConfigKeyError | ConfigAttributeError) and (key := _key(cause)):
            return no_key(key, cause.object_type)
        if key := _key(cause):
            return _wrong_value(key, _first_sentence(cause), cause)
    text = str(error)
    if isinstance(error, OverrideParseException):
        return f"{error.override} cannot be read; write KEY=VALUE, and quote what is no plain word: 'KEY=\"a, b\"'"
    if found := re.search(r"Could not (?:find|load) '([\w/]+)/([^'/]*)'", text):
        return _no_option(found[1], found[2], re.findall(r"^\t([\w-]+)$", text, re.MULTILINE))
    if found := re.match(r"Cannot find primary config '([^']+)'", text):
        return (
            f"there is no {found[1]}.yaml on the search path; name its folder by --config-dir, or leave out what asks "
            "for it: --config-name or --config-path"
        )
    if text.startswith("Primary config "):
        return f"{_first_sentence(error)}; give --config-path the folder of a config.yaml, or leave it out"
    if found := re.match(r"Ambiguous value for argument '(.+)'", text):
        return f"{found[1]} gives several values to one run; add -m to sweep over them, or quote a text: 'KEY=\"a, b\"'"
    if found := re.search(r"Could not override '([^']+)'", text):
        return no_key(found[1], None)
    if text.startswith("Config group override must be"):
        return f"a group was given no option's name ({_first_sentence(error)}); write GROUP=OPTION, as in trainer=joint"
    return _first_sentence(error)


def no_key(key: str, owner: object) -> str:
    """Of a key that is not there: what it is called now, what was meant, or that another option of its group has it."""
    group, dot, _ = key.partition(".")
    if key in renamed.KEYS:
        return f"{key} is called {renamed.KEYS[key]} now; write that"
    if key in known_keys() and dataclasses.is_dataclass(owner):
        names = ", ".join(item.name for item in dataclasses.fields(owner))
        return (
            f"{key} is no key of the option chosen for {group}, whose keys are {names}; choose another "
            f"{group}=…, or leave out what sets it: the command or the file of an experiment"
        )
    if dot and key in known_keys():
        schema = next(iter(SCHEMAS.get(group, {group: None})))
        return (
            f"{key} is no key where nothing is chosen for {group}, or where its file names no schema; give "
            f"{group}=…, leave out what sets {key}, or begin that file with defaults: [{schema}_schema, _self_]"
        )
    if group == "hydra":
        return f"{key} is no key of Hydra's; `fade --cfg hydra` shows them all"
    close = difflib.get_close_matches(key, known_keys(), n=1, cutoff=0.5)
    return f"{key} is no key" + (f"; did you mean {close[0]}?" if close else "; `fade --cfg job` shows them all")


def renamed_value(composed: DictConfig) -> str | None:
    """What a value of an earlier version is called now, where one is in a configuration that is wrong."""
    for key in ("trainer.name", "trainer.readout"):
        try:
            value = OmegaConf.select(composed, key)
        except OmegaConfBaseException:
            continue
        if value in renamed.VALUES:
            key = "trainer" if key == "trainer.name" else key  # whose options have keys of their own
            return f"{key}={value} is called {key}={renamed.VALUES[value]} now; write that"
    return None


def _no_option(group: str, option: str, choices: list[str]) -> str:
    if group == "trainer" and (new := renamed.VALUES.get(option)):
        return f"{group}={option} is called {group}={new} now; write that"
    package = f", or install the plugin that has it, as hydra-{option}-{group[6:]}" if group[:6] == "hydra/" else ""
    return f"{group}={option} is no option; choose from {', '.join(chosen_from(choices))}{package}"


def _wrong_value(key: str, text: str, cause: OmegaConfBaseException) -> str:
    """What to give instead of a value of another type."""
    if found := re.match(r"Value '(.*)' of type '\w+' could not be converted to (\w+)", text):
        value, kind = found.groups()
        return f"{key}={value} is no {_KINDS.get(kind, kind)}; give one"
    if found := re.match(r"Value '(.*)' is not a valid bool", text):
        return f"{key}={found[1]} is neither true nor false; give one of them"
    if "not Optional" in text:
        return f"{key}=null leaves out what is needed; give a value"
    if "does not support deletion" in text:
        return f"{key} cannot be removed; give it a value instead"
    if "not a subclass of" in text:
        inside = ", ".join(known for known in known_keys() if known.startswith(f"{key}."))
        return f"{key} is a group of keys; set one of {inside or 'those inside'}"
    if "ListConfig" in text:
        return f"{key} takes a list; write {key}=[…]"
    return f"{key}: {text}; give another value"


def _key(error: OmegaConfBaseException) -> str:
    return str(getattr(error, "full_key", None) or getattr(error, "key", None) or "")


def _first_sentence(error: BaseException) -> str:
    return first_line(error).rstrip(".")
