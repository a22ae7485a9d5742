"""Optional libraries: loaded when they are first used, and an error that says how to get them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from engine.errors import ExtraMissing


def load(module: str, *, extra: str, purpose: str) -> Any:
    """A module of an optional library, as ``load("jinja2", extra="report", purpose="A page")``.

    Raises ExtraMissing, naming the extra to install, where the library is not there.
    """
    library = module.split(".", maxsplit=1)[0]
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        # A library that is there but lacks one of its own parts is another matter.
        if (error.name or "").split(".", maxsplit=1)[0] != library:
            raise
        raise ExtraMissing(library, extra, purpose) from error


__all__ = ["load"]
