"""Random signal scripts: which sides, how often, in conflict, with sizes, prices and stops."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from parity.fuzz.plan import pick
from parity.fuzz.vectorbt.options import DIALS, REVERSING, Settings

SIDES = {
    "long": 20, "short": 12, "both": 30, "long_entries": 6,
    "longonly": 10, "shortonly": 10, "bothways": 12,
}  # fmt: skip
SIGNAL_FACTORS = {
    "sides": SIDES,
    "density": {"sparse": 35, "normal": 40, "dense": 20, "always": 5},
    "conflict": {"none": 50, "same_side": 20, "direction": 15, "all": 15},
    "rows": {"sparse": 50, "full": 50},
    "spread": {"run": 50, "symbols": 20, "bars": 15, "mixed": 15},
    "size": {"inf": 30, "fixed": 30, "cells": 20, "nan": 10, "large": 10},
    "size_type": {"-": 45, "amount": 10, "value": 20, "percent": 20, "mixed": 5},
    "price": {
        "-": 35, "close": 5, "open": 20, "custom": 20, "outside": 8, "infinite": 7, "holes": 5,
    },
    "stops": {
        "none": 25, "sl": 15, "tp": 15, "sl_tp": 15, "tsl": 12, "tsl_tp": 10, "mixed": 8,
    },
    "stop_width": {"tight": 30, "normal": 35, "round": 20, "zero": 5, "huge": 5, "any": 5},
    "stop_place": {"default": 50, "cells": 50},
}  # fmt: skip

SHARES = {"sparse": 0.06, "normal": 0.18, "dense": 0.5, "always": 1.0}
ROUND = np.array([0.01, 0.02, 0.05, 0.1, 0.125, 0.25])
FLAGS = ("entry", "exit", "short_entry", "short_exit")
Floats = NDArray[np.floating[Any]]
Bools = NDArray[np.bool_]


def random_signals(case: Settings) -> tuple[pl.DataFrame, dict[str, float | str]]:
    """The script's rows and its defaults."""
    grid = _grid(case)
    frame = pl.DataFrame({**grid, **_flags(case, len(grid["symbol"]))})
    if case.plan["rows"] == "sparse":
        any_flag = pl.any_horizontal(*FLAGS)
        frame = frame.filter(any_flag | pl.Series(case.rng.random(frame.height) < 0.1))
    defaults: dict[str, float | str] = {}
    frame = _sizes(case, frame, defaults)
    frame = _prices(case, frame, defaults)
    frame = _stops(case, frame, defaults)
    case.add_dials(list(DIALS))
    return _options(case, frame), defaults


def _grid(case: Settings) -> dict[str, pl.Series]:
    """Every bar of the clock for every symbol, bars a symbol lacks included."""
    clock = case.bars["timestamp"].unique().sort()
    names = case.bars["symbol"].unique(maintain_order=True)
    grid = clock.to_frame("timestamp").join(names.to_frame("symbol"), how="cross")
    return {name: grid[name] for name in grid.columns}


def _flags(case: Settings, count: int) -> dict[str, Bools]:
    sides, rng = case.plan["sides"], case.rng
    share = SHARES[case.plan["density"]]
    used = {
        "long": (1, 1, 0, 0), "short": (0, 0, 1, 1), "both": (1, 1, 1, 1),
        "long_entries": (1, 0, 1, 0),
    }.get(sides, (1, 1, 0, 0))  # fmt: skip
    if sides in ("longonly", "shortonly", "bothways"):
        levels = {"longonly": ("longonly",), "shortonly": ("shortonly",), "both": ("both",)}
        case.add("direction", levels, "both" if sides == "bothways" else sides)
    flags = {}
    for flag, on in zip(FLAGS, used, strict=True):
        rare = (0.6 if share < 1 else 0.2) if "exit" in flag else 1.0
        flags[flag] = (rng.random(count) < share * rare) & bool(on)
    _collide(case, flags, used)
    return flags


def _collide(case: Settings, flags: dict[str, Bools], used: tuple[int, ...]) -> None:
    """Some bars carry signals that exclude each other; without conflict no bar carries two."""
    conflict, rng = case.plan["conflict"], case.rng
    at = rng.random(len(flags["entry"])) < 0.15
    groups = {
        "same_side": (("entry", "exit"), ("short_entry", "short_exit")),
        "direction": (("entry", "short_entry"),),
        "all": (FLAGS,),
    }.get(conflict, ())
    on = dict(zip(FLAGS, used, strict=True))
    for group in groups:
        for flag in group:
            if on[flag]:
                flags[flag] |= at
    if conflict == "none" and case.plan["density"] != "always":
        seen = np.zeros_like(at)
        for flag in rng.permutation(FLAGS):
            flags[flag] &= ~seen
            seen |= flags[flag]


def _sizes(case: Settings, frame: pl.DataFrame, defaults: dict[str, float | str]) -> pl.DataFrame:
    """Sizes in the plan's type; percent sizes rarely meet a reversal, which vectorbt refuses."""
    plan, rng = case.plan, case.rng
    kind, size = plan["size_type"], plan["size"]
    endless = plan["cash"] in ("auto", "autoalign")
    # A share of infinity is no number: vectorbt sells without end and books NaN. Rare, but asked.
    if size == "inf" and (endless or (kind in ("percent", "mixed") and rng.random() < 0.9)):
        size = "fixed"
    if endless and kind in ("percent", "mixed"):
        kind = "value"
    if kind in ("percent", "mixed") and rng.random() < 0.95:
        case.banned.update(REVERSING)
        if plan["upon_opposite_entry"] == "-":
            case.run["upon_opposite_entry"] = str(rng.choice(["ignore", "close", "closereduce"]))
    if kind == "mixed":
        case.by_bar["size_type"] = ["amount", "value", "percent"]
    elif kind != "-":
        case.add("size_type", {kind: (kind,)}, kind)
    sizes = _draw_sizes(case, "percent" if kind == "mixed" else kind, size, frame.height)
    if size == "inf":
        if rng.random() < 0.3:
            defaults["size"] = math.inf
        return frame
    if size == "cells":
        blank = pl.Series(rng.random(frame.height) < 0.2)
        defaults["size"] = float(sizes[0])
        sizes = np.where(rng.random(len(sizes)) < 0.05, 0.0, sizes)
        if not endless and kind in ("-", "amount"):
            sizes = np.where(rng.random(len(sizes)) < 0.1, math.inf, sizes)
        sizes = sizes[: frame.height]
        return frame.with_columns(
            pl.when(blank).then(None).otherwise(pl.Series(sizes)).alias("size")
        )
    if size == "nan":
        holes = np.where(rng.random(len(sizes)) < 0.3, np.nan, sizes)[: frame.height]
        return frame.with_columns(pl.Series("size", holes))
    defaults["size"] = float(sizes[0])
    return frame


def _draw_sizes(case: Settings, kind: str, level: str, count: int) -> Floats:
    rng = case.rng
    count = max(count, 1)
    if kind == "percent":
        return rng.choice([0.1, 0.25, 0.5, 0.9, 1.0, 1.5 if level == "large" else 1 / 3], count)
    money: Floats = case.wealth * rng.choice(
        [0.1, 0.25, 0.5, 1.0, 3.0 if level == "large" else 0.75], count
    )
    if kind == "value":
        return np.round(money, decimals=2)
    units: Floats = money / case.price
    if rng.random() < 0.5 and units.max() < 1e6:
        units = np.maximum(np.round(units), 1.0)
    return units


def _prices(case: Settings, frame: pl.DataFrame, defaults: dict[str, float | str]) -> pl.DataFrame:
    level, rng = case.plan["price"], case.rng
    if level in ("close", "open"):
        defaults["price"] = level
    if level in ("-", "close", "open"):
        return frame
    prices = _near(case, frame, 0.5 if level == "outside" else 0.01)
    if level == "infinite":
        prices = rng.choice([math.inf, -math.inf], frame.height)
    if level == "holes":
        prices = np.where(rng.random(frame.height) < 0.25, np.nan, prices)
        defaults["price"] = "open"
    blank = pl.Series(rng.random(frame.height) < (0.0 if level == "custom" else 0.2))
    return frame.with_columns(pl.when(blank).then(None).otherwise(pl.Series(prices)).alias("price"))


def _near(case: Settings, frame: pl.DataFrame, reach: float) -> Floats:
    """Prices around each row's close; NaN where there is none."""
    close = frame.join(case.bars, on=["timestamp", "symbol"], how="left", maintain_order="left")
    around = 1 + np.clip(case.rng.standard_normal(frame.height) * reach, -0.9, 3)
    return np.array(close["close"].fill_null(math.nan).to_numpy() * around)


def _stops(case: Settings, frame: pl.DataFrame, defaults: dict[str, float | str]) -> pl.DataFrame:
    kinds = {
        "sl": ("stop_loss",), "tp": ("take_profit",), "sl_tp": ("stop_loss", "take_profit"),
        "tsl": ("trailing_stop",), "tsl_tp": ("trailing_stop", "take_profit"),
        "mixed": ("stop_loss", "take_profit", "trailing_stop"),
    }.get(case.plan["stops"], ())  # fmt: skip
    placed = case.plan["stop_place"]
    if placed == "default" and case.plan["stops"] != "mixed":
        defaults.update({kind: float(_widths(case, 1)[0]) for kind in kinds})
        return frame
    cells = {kind: _holed(case, _widths(case, frame.height)) for kind in kinds}
    if "stop_loss" in cells and "trailing_stop" in cells:
        # vectorbt has one slot for both: a cell holds one of the two
        free = np.isnan(cells["trailing_stop"])
        cells["stop_loss"] = np.where(free, cells["stop_loss"], np.nan)
    frame = frame.with_columns(pl.Series(kind, values) for kind, values in cells.items())
    if case.plan["stops"] != "mixed" and case.rng.random() < 0.4:
        defaults.update({kind: float(_widths(case, 1)[0]) for kind in kinds})
        frame = frame.with_columns(pl.col(kind).fill_nan(None) for kind in kinds)
    return frame


def _holed(case: Settings, values: Floats) -> Floats:
    return np.where(case.rng.random(len(values)) < 0.3, np.nan, values)


def _widths(case: Settings, count: int) -> Floats:
    level, rng = case.plan["stop_width"], case.rng
    if level == "any":
        level = pick(rng, {"tight": 1, "normal": 1, "round": 1, "zero": 1, "huge": 1})
    if level == "round":
        return rng.choice(ROUND, count)
    low, high = {
        "tight": (0.001, 0.02), "normal": (0.01, 0.12), "zero": (0.0, 0.0), "huge": (0.9, 3.0),
    }[level]  # fmt: skip
    return rng.uniform(low, high, count)


def _options(case: Settings, frame: pl.DataFrame) -> pl.DataFrame:
    """Columns of the options that vary by bar; a null cell takes the option's usual value."""
    level = case.plan["val_price"]
    if level in ("custom", "holes"):
        prices = _near(case, frame, 0.05)
        if level == "holes":
            drawn = case.rng.choice([math.nan, math.inf, -math.inf], frame.height)
            prices = np.where(case.rng.random(frame.height) < 0.4, drawn, prices)
        frame = frame.with_columns(pl.Series("vectorbt.val_price", prices))
    for name, values in case.by_bar.items():
        drawn = case.rng.integers(0, len(values) + 1, frame.height)
        cells = [None if code == len(values) else values[code] for code in drawn]
        kind = {bool: pl.Boolean(), str: pl.String()}.get(type(values[0]), pl.Float64())
        frame = frame.with_columns(pl.Series(f"vectorbt.{name}", cells, dtype=kind))
    return frame
