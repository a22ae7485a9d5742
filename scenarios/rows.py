"""The rows of a script, written by bar number: signals and order tapes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from engine.errors import ScenarioError
from engine.schema import SIGNAL_VALUES, SIGNALS, TAPE, Kind
from scenarios.toml import only, take, typed

FLAGS = tuple(name for name in SIGNALS if name not in ("timestamp", "symbol"))
TAPE_TEXTS = ("kind", "unit")
TAPE_NUMBERS = ("quantity", "limit_price", "stop_price", "trail_amount", "trail_percent")
TAPE_KEYS = {"bar", "symbol", "parent", "oco", "expires", *TAPE_TEXTS, *TAPE_NUMBERS}


class Places:
    """The bars of a panel by number: the sorted, distinct times of all symbols."""

    def __init__(self, bars: pl.DataFrame) -> None:
        self.clock = bars["timestamp"].unique().sort()
        self.symbols = bars["symbol"].unique(maintain_order=True).to_list()

    def time(self, number: Any, where: str) -> Any:
        """The time of a bar number; one outside the panel is an error."""
        typed(number, int, where)
        if not 0 <= number < len(self.clock):
            raise ScenarioError(f"{where} is {number}; the bars are 0 to {len(self.clock) - 1}")
        return self.clock[number]

    def symbol(self, name: Any, where: str) -> str:
        """A symbol that has bars."""
        if name not in self.symbols:
            raise ScenarioError(f"{where} is {name!r}; the symbols are {self.symbols}")
        return str(name)


def signal_rows(rows: list[Any], places: Places, where: str) -> pl.DataFrame:
    """One row per bar and symbol; entries for the same place are merged, never overwritten."""
    merged: dict[tuple[Any, str], dict[str, Any]] = {}
    for position, entry in enumerate(rows):
        here = f"{where}[{position}]"
        cells = _cells(typed(entry, dict, here), here)
        for place in _spots(entry, places, here):
            row = merged.setdefault(place, {})
            twice = sorted(set(row) & set(cells))
            if twice:
                raise ScenarioError(f"{here}: {twice} of {place[1]} at {place[0]} is set twice")
            row.update(cells)
    order = {name: rank for rank, name in enumerate(places.symbols)}
    keys = sorted(merged, key=lambda place: (place[0], order[place[1]]))
    table = [{"timestamp": time, "symbol": name, **merged[time, name]} for time, name in keys]
    return _frame(table, merged, where)


def _frame(table: list[dict[str, Any]], merged: dict[Any, Any], where: str) -> pl.DataFrame:
    names = {name for row in merged.values() for name in row}
    frame: dict[str, pl.Series] = {}
    for name, dtype in SIGNALS.items():
        cells = [row.get(name) for row in table]
        frame[name] = pl.Series(name, cells, dtype=dtype)
    for name in (*SIGNAL_VALUES, *sorted(names - set(SIGNALS) - set(SIGNAL_VALUES))):
        if name in names:
            frame[name] = _column(name, [row.get(name) for row in table], where)
    return pl.DataFrame(frame).with_columns(pl.col(FLAGS).fill_null(value=False))


def _column(name: str, cells: list[Any], where: str) -> pl.Series:
    """Cells of one column are all numbers, all texts or all booleans."""
    kinds = {_kind(cell) for cell in cells if cell is not None}
    if len(kinds) > 1:
        raise ScenarioError(f"{where}: column {name!r} mixes numbers, texts or booleans")
    (dtype,) = kinds
    if dtype == pl.Float64:
        cells = [None if cell is None else float(cell) for cell in cells]
    return pl.Series(name, cells, dtype=dtype)


def _kind(cell: Any) -> type[pl.DataType]:
    if isinstance(cell, bool):
        return pl.Boolean
    return pl.String if isinstance(cell, str) else pl.Float64


def _cells(entry: dict[str, Any], where: str) -> dict[str, Any]:
    """Flags, values, and per platform a table of the options that change at this place."""
    cells: dict[str, Any] = {}
    for key, value in entry.items():
        if key in ("bar", "symbol"):
            continue
        if key in FLAGS:
            cells[key] = typed(value, bool, f"{where}: {key}")
        elif key in SIGNAL_VALUES:
            cells[key] = float(typed(value, (int, float), f"{where}: {key}"))
        elif isinstance(value, dict):
            for name, option in value.items():
                typed(option, (bool, int, float, str), f"{where}: {key}.{name}")
                cells[f"{key}.{name}"] = option
        else:
            known = ["bar", "symbol", *FLAGS, *SIGNAL_VALUES, "<platform>.<option>"]
            raise ScenarioError(f"{where}: unknown key {key!r}; the keys are {known}")
    return cells


def _spots(entry: dict[str, Any], places: Places, where: str) -> Iterator[tuple[Any, str]]:
    """Every place an entry names; without a symbol it stands for all symbols."""
    numbers = take(entry, "bar", (int, list), where)
    names = entry.get("symbol", places.symbols)
    names = names if isinstance(names, list) else [names]
    for number in numbers if isinstance(numbers, list) else [numbers]:
        for name in names:
            yield (
                places.time(number, f"{where}: bar"),
                places.symbol(name, f"{where}: symbol"),
            )


def tape_rows(rows: list[Any], places: Places, where: str) -> pl.DataFrame:
    """One order per entry, numbered from 0 in the order of the file."""
    table = []
    for position, entry in enumerate(rows):
        here = f"{where}[{position}]"
        only(typed(entry, dict, here), TAPE_KEYS, here)
        table.append(_order(entry, position, len(rows), places, here))
    return pl.DataFrame(table, schema=TAPE, orient="row")


def _order(
    entry: dict[str, Any], number: int, count: int, places: Places, where: str
) -> dict[str, Any]:
    name = entry.get("symbol", places.symbols[0] if len(places.symbols) == 1 else None)
    order = {
        "order_id": number,
        "timestamp": places.time(take(entry, "bar", int, where), f"{where}: bar"),
        "symbol": places.symbol(name, f"{where}: symbol"),
        "kind": take(entry, "kind", str, where, "market"),
        "unit": take(entry, "unit", str, where, "units"),
        "parent_id": _link(entry, "parent", count, where),
        "oco_id": take(entry, "oco", int, where, None),
    }
    if order["kind"] != Kind.CANCEL:
        take(entry, "quantity", (int, float), where)
    for key in TAPE_NUMBERS:
        value = take(entry, key, (int, float), where, None)
        order[key] = None if value is None else float(value)
    if "expires" in entry:
        order["expires"] = places.time(entry["expires"], f"{where}: expires")
    return order


def _link(entry: dict[str, Any], key: str, count: int, where: str) -> int | None:
    """Another order of the tape, by its number in the file."""
    number: int | None = take(entry, key, int, where, None)
    if number is not None and not 0 <= number < count:
        raise ScenarioError(f"{where}: {key} is {number}; the orders are 0 to {count - 1}")
    return number
