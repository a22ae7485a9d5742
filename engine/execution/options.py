"""What every model asks of the options it is given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.execution.records import BadOption


def check_names(platform: str, options: Mapping[str, Any], known: Iterable[str]) -> None:
    """An option nobody knows is an error, never ignored: BadOption names those there are."""
    names = list(known)
    unknown = sorted(set(options) - set(names))
    if unknown:
        raise BadOption(
            f"{platform} has no option {unknown[0]!r} here; the options are {', '.join(names)}"
        )
