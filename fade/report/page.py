"""Pages out of templates: everything that comes from files is escaped, figures are inline."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from fade import __version__, run_files
from fade.report import quantity

_environment = Environment(
    loader=PackageLoader("fade.report"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
for _filter in (
    quantity.percent, quantity.points, quantity.decimal, quantity.interval, quantity.grouped, quantity.count,
    quantity.scaled, quantity.duration,
):  # fmt: skip
    _environment.filters[_filter.__name__] = _filter


def write_page(folder: Path, template: str, context: dict[str, Any]) -> Path:
    """Fill a template and write it as the report of the folder."""
    html = _environment.get_template(template).render(version=__version__, **context)
    return run_files.write(folder / run_files.REPORT, html)
