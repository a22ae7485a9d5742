"""``replicate.toml``: what a tree's files do not say themselves. Read strictly."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from engine.errors import BarsError, OptionError, ScenarioError, TreeError
from engine.execution import MODELS
from engine.store.digest import json_digest
from parity.replicate.names import COLUMNS
from scenarios.clock import WallClock
from scenarios.toml import only, take

NAME: Final = "replicate.toml"
TABLES: Final = {"model", "account", "script", "options", "stops", "bars", "clock", "columns"}
PRICES: Final = ("open", "close", "next_open")
SIDES: Final = {
    "long": "_long",
    "short": "_short",
    "exit": "_exit",
    "long_exit": "_long_exit",
    "short_exit": "_short_exit",
}


@dataclass(frozen=True, slots=True)
class Stops:
    """How params tell stops: as fractions or percent, and which numbers mean none."""

    unit: str = "fraction"
    none: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class BarFiles:
    """Where prices are, relative to the tree: a Parquet file or a hive; ``{asset}`` is replaced."""

    path: str = "bars/{asset}.parquet"
    symbols: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """One tree's settings; ``clock`` turns the times of the bars into those of the files."""

    model: str = "vectorbt"
    cash: float = 100_000.0
    fees: float = 0.0002
    fixed: float = 0.0
    slippage: float = 0.0002
    size: float = math.inf
    entry_price: str = "open"
    options: Mapping[str, Any] = field(default_factory=dict)
    stops: Stops = Stops()
    bars: BarFiles = BarFiles()
    clock: WallClock | None = None
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sides: Mapping[str, str] = field(default_factory=lambda: dict(SIDES))

    def with_model(self, model: str | None) -> Settings:
        """The same under another execution model; one that does not exist is an error."""
        chosen = model or self.model
        if chosen not in MODELS:
            known = ", ".join(sorted(MODELS))
            raise OptionError(f"unknown model {chosen!r}; the models are {known}")
        return replace(self, model=chosen)

    @property
    def digest(self) -> str:
        """What decides an outcome besides the files."""
        told = asdict(self)
        return json_digest(told | {"size": str(self.size)})


def read_settings(text: str | None, where: str = NAME) -> Settings:
    """Settings of a file's text; without a file, the defaults.

    Raises TreeError, naming the key, for anything that is not understood.
    """
    try:
        return _settings(tomllib.loads(text or ""), where)
    except (ScenarioError, BarsError, tomllib.TOMLDecodeError) as error:
        raise TreeError(f"{error}" if where in str(error) else f"{where}: {error}") from error


def _settings(told: Mapping[str, Any], where: str) -> Settings:
    only(told, TABLES, where)
    account, script = _table(told, "account", where), _table(told, "script", where)
    only(account, {"cash", "fees", "fixed", "slippage"}, f"{where}: account")
    only(script, {"size", "entry_price"}, f"{where}: script")
    given = {
        name: float(take(account, name, (int, float), f"{where}: account")) for name in account
    }
    size = take(script, "size", (int, float, str), f"{where}: script", "all")
    if isinstance(size, str) and size != "all":
        raise TreeError(f'{where}: script: size is {size!r}; it is a number or "all"')
    price = take(script, "entry_price", str, f"{where}: script", "open")
    if price not in PRICES:
        raise TreeError(f"{where}: script: entry_price is {price!r}; it is one of {PRICES}")
    columns, sides = _columns(_table(told, "columns", where), where)
    return Settings(
        model=take(told, "model", str, where, "vectorbt"),
        **given,
        size=math.inf if size == "all" else float(size),
        entry_price=price,
        options=_table(told, "options", where),
        stops=_stops(_table(told, "stops", where), f"{where}: stops"),
        bars=_bars(_table(told, "bars", where), f"{where}: bars"),
        clock=_clock(_table(told, "clock", where), f"{where}: clock"),
        columns=columns,
        sides=sides,
    )


def _table(told: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    return dict(take(told, key, dict, where, {}))


def _stops(table: Mapping[str, Any], where: str) -> Stops:
    only(table, {"unit", "none"}, where)
    unit = take(table, "unit", str, where, "fraction")
    if unit not in ("fraction", "percent"):
        raise TreeError(f"{where}: unit is {unit!r}; it is fraction or percent")
    return Stops(unit, tuple(map(float, take(table, "none", list, where, []))))


def _bars(table: Mapping[str, Any], where: str) -> BarFiles:
    only(table, {"path", "symbols", "columns"}, where)
    columns = dict(take(table, "columns", dict, where, {}))
    only(columns, set(COLUMNS["bars"]), f"{where}: columns")
    return BarFiles(
        take(table, "path", str, where, BarFiles().path),
        dict(take(table, "symbols", dict, where, {})),
        columns,
    )


def _clock(table: Mapping[str, Any], where: str) -> WallClock | None:
    if not table:
        return None
    only(table, {"zone", "plus_hours", "repeated"}, where)
    repeated = take(table, "repeated", str, where, "raise")
    if repeated not in ("raise", "first", "last"):
        raise TreeError(f"{where}: repeated is {repeated!r}; it is raise, first or last")
    hours = float(take(table, "plus_hours", (int, float), where, 0))
    return WallClock(take(table, "zone", str, where), hours, repeated)


def _columns(
    table: Mapping[str, Any], where: str
) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """Names of columns per file, and the endings that say what a column of signals is."""
    only(table, {*COLUMNS, "sides"} - {"bars"}, f"{where}: columns")
    sides = dict(SIDES) | dict(table.get("sides", {}))
    only(sides, set(SIDES), f"{where}: columns.sides")
    named = {file: dict(names) for file, names in table.items() if file != "sides"}
    for file, names in named.items():
        only(names, set(COLUMNS[file]), f"{where}: columns.{file}")
    return named, sides
