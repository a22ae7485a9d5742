"""Reading a TOML table strictly: every key is known, every value has its type."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from engine.errors import ScenarioError

Number = int | float
MISSING: Any = object()


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ScenarioError(f"{path}: no such file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path}: not TOML: {error}") from error


def only(table: Mapping[str, Any], known: set[str], where: str) -> None:
    """An unknown key is an error, because a misspelt one must not be ignored."""
    unknown = sorted(set(table) - known)
    if unknown:
        raise ScenarioError(f"{where}: unknown keys {unknown}; the keys are {sorted(known)}")


def take(
    table: Mapping[str, Any],
    key: str,
    kind: type | tuple[type, ...],
    where: str,
    default: Any = MISSING,
) -> Any:
    """The value of a key, of the right type; a boolean is not a number."""
    if key not in table:
        if default is MISSING:
            raise ScenarioError(f"{where}: key {key!r} is missing")
        return default
    return typed(table[key], kind, f"{where}: {key}")


def typed(value: Any, kind: type | tuple[type, ...], where: str) -> Any:
    """The value itself, if it has the type."""
    kinds = kind if isinstance(kind, tuple) else (kind,)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        names = " or ".join(item.__name__ for item in kinds)
        raise ScenarioError(f"{where} is {value!r}; it must be {names}")
    return value


def instant(value: Any, where: str) -> datetime:
    """A TOML date or date-time as a UTC instant; one without an offset is read as UTC."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    raise ScenarioError(f"{where} is {value!r}; it must be a date or a date-time")
