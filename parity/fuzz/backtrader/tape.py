"""Random order tapes: every kind and unit, families, groups, cancels, deadlines."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.schema import TAPE
from parity.fuzz.plan import Plan

TAPE_FACTORS = {
    "orders": {"one": 10, "few": 40, "many": 50},
    "side": {"buys": 15, "sells": 15, "both": 70},
    "mix": {
        "market": 15, "limit": 15, "stop": 15, "stop_limit": 10, "trailing_stop": 10, "all": 35,
    },
    "children": {"none": 30, "stop": 10, "limit": 10, "pair": 25, "trail": 10, "three": 15},
    "families": {"native": 75, "free": 25},
    "groups": {"none": 60, "pairs": 25, "triples": 15},
    "cancels": {"none": 60, "some": 40},
    "deadlines": {"none": 60, "some": 25, "all": 15},
    "units": {"units": 60, "targets": 15, "money": 15, "all": 10},
    "sizes": {"round": 50, "odd": 30, "large": 20},
    "reach": {"tight": 40, "normal": 40, "far": 20},
    "exact": {"no": 50, "yes": 50},
}  # fmt: skip
REACH = {"tight": 0.006, "normal": 0.03, "far": 0.2}
KINDS = ("market", "limit", "stop", "stop_limit", "trailing_stop")
CHILDREN = {
    "none": (), "stop": ("stop",), "limit": ("limit",), "pair": ("stop", "limit"),
    "trail": ("trailing_stop",), "three": ("limit", "stop", "trailing_stop"),
}  # fmt: skip
UNITS = {
    "units": ("units",),
    "targets": ("target_units", "target_value", "target_percent"),
    "money": ("value", "percent"),
    "all": ("units", "value", "percent", "target_units", "target_value", "target_percent"),
}
Row = dict[str, Any]


class Writer:
    """Writes the rows of one tape."""

    def __init__(
        self, plan: Plan, rng: np.random.Generator, bars: pl.DataFrame, cash: float
    ) -> None:
        self.plan, self.rng = plan, rng
        self.wealth = abs(cash) or 100.0
        self.clock = bars["timestamp"].unique().sort().to_list()
        self.names = bars["symbol"].unique(maintain_order=True).to_list()
        self.prices_of = {name: _prices(bars, name, self.clock) for name in self.names}
        self.rows: list[Row] = []
        self.groups = 0

    def write(self) -> pl.DataFrame:
        """The whole tape; rows are decided in time, those of one bar as they were drawn."""
        count = {"one": 2, "few": 6, "many": max(len(self.clock) // 2, 3)}[self.plan["orders"]]
        for _ in range(int(self.rng.integers(1, count + 1))):
            self.story(int(self.rng.integers(len(self.clock))))
        self.rows.sort(key=lambda row: row["bar"])
        for number, row in enumerate(self.rows):
            row["order_id"] = number
        table = []
        for row in self.rows:
            plain = {name: row.get(name) for name in TAPE}
            plain["timestamp"] = self.clock[row["bar"]]
            plain["parent_id"] = row["parent"]["order_id"] if row.get("parent") else None
            table.append(plain)
        return pl.DataFrame(table, schema=TAPE)

    def story(self, bar: int) -> None:
        """A root order, perhaps one of an OCO group, each perhaps with children and a cancel."""
        members = {"none": 1, "pairs": 2, "triples": 3}[self.plan["groups"]]
        group = None
        if members > 1 and self.rng.random() < 0.7:
            self.groups += 1
            group = self.groups
        for place in range(members if group else 1):
            at = bar if self.rng.random() < 0.6 else min(bar + place, len(self.clock) - 1)
            root = self.order(at, str(self.rng.choice(self.names)))
            root["oco_id"] = group
            self.rows.append(root)
            if self.rng.random() < 0.7:
                self.family(root)
            if self.plan["cancels"] == "some" and self.rng.random() < 0.4:
                self.cancel(root)

    def family(self, root: Row) -> None:
        """Children that close what the root opens; free ones differ in size, time and ties."""
        kinds = CHILDREN[self.plan["children"]]
        free = self.plan["families"] == "free" and self.rng.random() < 0.5
        group = None
        if len(kinds) > 1 and not (free and self.rng.random() < 0.5):
            self.groups += 1
            group = self.groups
        for kind in self.rng.permutation(kinds).tolist():
            child = self.order(root["bar"], root["symbol"], kind)
            child.update(parent=root, unit="units", oco_id=group)
            child["quantity"] = -root["quantity"] or 1.0
            if root["unit"] != "units":
                child["quantity"] = -self.units(root["symbol"], root["bar"])
            if free:
                child["bar"] += int(self.rng.integers(0, 4))
                child["bar"] = min(child["bar"], len(self.clock) - 1)
                child.pop("expires", None)
                child["quantity"] *= float(self.rng.choice([0.5, 1.0, 2.0, -1.0]))
            self.rows.append(child)
            if self.plan["cancels"] == "some" and self.rng.random() < 0.15:
                self.cancel(child)
            if free and self.rng.random() < 0.2:
                heir = self.order(child["bar"], str(self.rng.choice(self.names)))
                self.rows.append({**heir, "parent": child})

    def cancel(self, row: Row) -> None:
        """Withdraw an order at once or some bars later."""
        later = min(row["bar"] + int(self.rng.choice([0, 1, 2, 5])), len(self.clock) - 1)
        self.rows.append(
            {"bar": later, "symbol": row["symbol"], "kind": "cancel", "unit": "units",
             "parent": row}
        )  # fmt: skip

    def order(self, bar: int, symbol: str, kind: str | None = None) -> Row:
        """One order of the plan's kind, unit and size."""
        mix = self.plan["mix"]
        if kind is None:
            kind = str(self.rng.choice(KINDS)) if mix == "all" or self.rng.random() < 0.3 else mix
        unit = str(self.rng.choice(UNITS[self.plan["units"]]))
        row: Row = {"bar": bar, "symbol": symbol, "kind": kind, "unit": unit}
        row["quantity"] = self.quantity(unit, symbol, bar)
        row.update(self.prices(kind, symbol, bar))
        deadline = self.plan["deadlines"]
        if deadline == "all" or (deadline == "some" and self.rng.random() < 0.4):
            last = min(bar + int(self.rng.choice([0, 1, 2, 4, 9])), len(self.clock) - 1)
            row["expires"] = self.clock[last]
        return row

    def prices(self, kind: str, symbol: str, bar: int) -> Row:
        """The prices a kind needs, near the market or exactly on a price that comes."""
        if kind == "trailing_stop":
            return self.trail(symbol, bar)
        names = {
            "limit": ("limit_price",), "stop": ("stop_price",),
            "stop_limit": ("stop_price", "limit_price"),
        }.get(kind, ())  # fmt: skip
        return {name: self.price(symbol, bar) for name in names}

    def trail(self, symbol: str, bar: int) -> Row:
        distance = REACH[self.plan["reach"]] * float(self.rng.uniform(0.1, 1.5))
        row: Row = {"trail_percent": distance}
        if self.rng.random() < 0.5:
            row = {"trail_amount": distance * self.close(symbol, bar)}
        if self.rng.random() < 0.3:
            row["limit_price"] = self.price(symbol, bar)
        return row

    def close(self, symbol: str, bar: int) -> float:
        """The last close a symbol had, or its first one, or 1."""
        closes = self.prices_of[symbol][:, 3]
        known = np.flatnonzero(~np.isnan(closes))
        if not len(known):
            return 1.0
        past = known[known <= bar]
        return float(closes[past[-1] if len(past) else known[0]])

    def price(self, symbol: str, bar: int) -> float:
        """A price near the market, or exactly one that one of the next bars has."""
        coming = self.prices_of[symbol][bar : bar + 6]
        if self.plan["exact"] == "yes" and self.rng.random() < 0.6:
            found = coming[int(self.rng.integers(len(coming))), int(self.rng.integers(4))]
            if found > 0:
                return float(found)
        away = float(np.clip(self.rng.standard_normal(), -3, 3)) * REACH[self.plan["reach"]]
        return max(self.close(symbol, bar) * (1 + away), 1e-12)

    def units(self, symbol: str, bar: int) -> float:
        """A signed size worth about the account or a part of it."""
        share = {"round": (0.1, 0.3, 1.0), "odd": (0.1, 1 / 3, 0.9), "large": (1.0, 2.0, 10.0)}
        units = self.wealth * float(self.rng.choice(share[self.plan["sizes"]]))
        units /= self.close(symbol, bar)
        if self.plan["sizes"] != "odd" and 0.5 < units < 1e9:
            units = float(round(units))
        if self.rng.random() < 0.15:
            units = float(self.rng.choice([0.1, 0.2, 0.3, 1.0]))
        side = {"buys": 1.0, "sells": -1.0}.get(
            self.plan["side"], float(self.rng.choice([1.0, -1.0]))
        )
        return side * units

    def quantity(self, unit: str, symbol: str, bar: int) -> float:
        units = self.units(symbol, bar)
        if unit in ("units", "target_units"):
            zero = unit == "target_units" and self.rng.random() < 0.3
            return 0.0 if zero else units
        if unit in ("value", "target_value"):
            zero = unit == "target_value" and self.rng.random() < 0.2
            return 0.0 if zero else round(units * self.close(symbol, bar), 2) or 1.0
        share = float(self.rng.choice([0.1, 0.5, 0.95, 1.0, 1.5]))
        return (
            0.0
            if unit == "target_percent" and self.rng.random() < 0.2
            else (share if units > 0 else -share)
        )


def _prices(bars: pl.DataFrame, name: str, clock: list[Any]) -> NDArray[np.float64]:
    """Open, high, low and close of a symbol on the whole clock, NaN where it has no bar."""
    own = pl.DataFrame({"timestamp": clock}, schema={"timestamp": bars.schema["timestamp"]}).join(
        bars.filter(pl.col("symbol") == name), on="timestamp", how="left", maintain_order="left"
    )
    prices: NDArray[np.float64] = own.select("open", "high", "low", "close").to_numpy()
    return prices


def random_tape(
    plan: Plan, rng: np.random.Generator, bars: pl.DataFrame, cash: float
) -> pl.DataFrame:
    """The tape of one plan."""
    return Writer(plan, rng, bars, cash).write()
