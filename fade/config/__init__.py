"""The configuration of a study: schemas of all groups, composition by Hydra, and one sentence for what is wrong."""

from fade.config.compose import compose_study, import_plugins, typed
from fade.config.schema import CONF, GROUPS, SCHEMAS, known_keys, options, register, schemas
from fade.config.sentences import explain

__all__ = [
    "CONF",
    "GROUPS",
    "SCHEMAS",
    "compose_study",
    "explain",
    "import_plugins",
    "known_keys",
    "options",
    "register",
    "schemas",
    "typed",
]
