"""Random order tapes: market orders and the stops, targets and trailing stops that hang on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from engine.schema import TAPE
from parity.fuzz.plan import pick
from parity.fuzz.vectorbt.options import Settings

TAPE_FACTORS = {
    "orders": {"one": 20, "few": 40, "many": 40},
    "side": {"buys": 20, "sells": 15, "both": 65},
    "children": {"none": 40, "stop": 15, "limit": 15, "both": 15, "trail": 15, "trail_limit": 10},
    "reach": {"tight": 40, "normal": 40, "far": 20},
    "spread": {"run": 70, "symbols": 30},
}
KINDS = {
    "stop": ("stop",), "limit": ("limit",), "both": ("stop", "limit"), "trail": ("trailing_stop",),
    "trail_limit": ("trailing_stop", "limit"),
}  # fmt: skip
FOREIGN = {
    "none": 180,
    **dict.fromkeys(
        ["unit", "limit", "stop", "twice", "two_stops", "amount", "expires", "crowd", "part"], 1
    ),
}
REACH = {"tight": 0.01, "normal": 0.05, "far": 0.3}
Row = dict[str, Any]


def random_tape(case: Settings) -> pl.DataFrame:
    """Orders by bar; a symbol with children has one market order, as vectorbt needs it."""
    clock = case.bars["timestamp"].unique().sort().to_list()
    rows: list[Row] = []
    for name in case.bars["symbol"].unique(maintain_order=True):
        with_children = case.plan["children"] != "none" and case.rng.random() < 0.8
        count = 1 if with_children else _count(case, len(clock))
        for at in sorted(case.rng.choice(len(clock), count, replace=False)):
            order = _market(case, str(name), clock[at])
            rows.append(order)
            if with_children:
                rows += _children(case, order, int(at))
    rows += _foreign(case, rows)
    rows.sort(key=lambda row: row["timestamp"])
    return _numbered(rows)


def _count(case: Settings, bars: int) -> int:
    most = {"one": 1, "few": 4, "many": max(bars // 3, 2)}[case.plan["orders"]]
    return min(int(case.rng.integers(1, most + 1)), bars)


def _market(case: Settings, symbol: str, time: Any) -> Row:
    side = {"buys": 1.0, "sells": -1.0}.get(case.plan["side"], float(case.rng.choice([1.0, -1.0])))
    price = case.bars.filter(pl.col("symbol") == symbol)["close"].drop_nans().first()
    units = case.wealth * float(case.rng.choice([0.1, 0.3, 1.0, 2.0])) / float(price or 1.0)  # type: ignore[arg-type]
    units = max(round(units), 1) if case.rng.random() < 0.6 and units < 1e6 else units
    return {"symbol": symbol, "timestamp": time, "kind": "market", "quantity": side * units}


def _children(case: Settings, parent: Row, at: int) -> Iterator[Row]:
    rng, reach = case.rng, REACH[case.plan["reach"]]
    own = case.bars.filter(
        (pl.col("symbol") == parent["symbol"]) & (pl.col("timestamp") > parent["timestamp"])
    )
    opened = own["open"].drop_nans().first()
    base = float(opened) if opened is not None else 1.0  # type: ignore[arg-type]
    for kind in KINDS[case.plan["children"]]:
        side = 1.0 if parent["quantity"] > 0 else -1.0
        away = float(rng.uniform(0.1, 1.0)) * reach
        child = {**parent, "kind": kind, "quantity": -parent["quantity"], "parent": parent}
        if kind == "trailing_stop":
            child["trail_percent"] = away
        elif kind == "limit":
            child["limit_price"] = base * (1 + side * away)
        else:
            child["stop_price"] = base * (1 - side * away)
        yield child


def _foreign(case: Settings, rows: list[Row]) -> list[Row]:
    """Orders that vectorbt has no way to express; both sides must say so."""
    what, first = pick(case.rng, FOREIGN), rows[0]
    price = float(case.bars["close"].drop_nans().first() or 1.0)  # type: ignore[arg-type]
    child = {**first, "quantity": -first["quantity"], "parent": first}
    stop = {**child, "kind": "stop", "stop_price": price * 0.9}
    trail = {**child, "kind": "trailing_stop", "trail_percent": 0.1}
    if what == "unit":
        first["unit"] = str(case.rng.choice(["value", "target_percent"]))
    return {
        "limit": [{**first, "kind": "limit", "limit_price": price}],
        "stop": [{**first, "kind": "stop", "stop_price": price}],
        "twice": [dict(first)],
        "two_stops": [stop, trail],
        "amount": [{**trail, "trail_percent": None, "trail_amount": price / 10}],
        "expires": [{**stop, "expires": case.bars["timestamp"].max()}],
        "crowd": [stop, {**first, "timestamp": case.bars["timestamp"].max()}],
        "part": [{**stop, "quantity": child["quantity"] / 2}],
    }.get(what, [])


def _numbered(rows: list[Row]) -> pl.DataFrame:
    for number, row in enumerate(rows):
        row["order_id"] = number
    table = []
    for row in rows:
        parent = row.get("parent")
        plain = {name: row.get(name) for name in TAPE}
        plain["parent_id"] = parent["order_id"] if parent else None
        plain["unit"] = row.get("unit", "units")
        table.append(plain)
    return pl.DataFrame(table, schema=TAPE)
