"""The frame of every page: templates that escape whatever they are given, and the style sheet inside the document."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

HERE = Path(__file__).parent / "templates"


@cache
def templates() -> Environment:
    """The templates; a name that a template uses and nobody gives is an error."""
    return Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def style() -> Markup:
    """The style sheet."""
    return Markup((HERE / "style.css").read_text(encoding="utf-8"))  # noqa: S704 (a file of ours)


def document(template: str, **known: Any) -> str:
    """One whole HTML document."""
    return templates().get_template(template).render(style=style(), **known)
