"""Random order tapes: entries of every kind, what hangs on them, closes, cancels and expiries."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from engine.schema import TAPE
from parity.fuzz.plan import Plan, pick

TAPE_FACTORS = {
    "orders": {"one": 8, "few": 32, "many": 40, "crowded": 20},
    "side": {"buys": 20, "sells": 20, "both": 60},
    "kinds": {"market": 25, "limit": 12, "stop": 12, "stop_limit": 15, "mixed": 36},
    "unit": {"units": 45, "percent": 25, "mixed": 30},
    "size": {"one": 15, "small": 45, "large": 25, "more": 15},
    "children": {"none": 25, "stop": 15, "limit": 10, "both": 30, "later": 20},
    "closes": {"none": 45, "parts": 25, "whole": 15, "flat": 15},
    "cancels": {"none": 60, "some": 40},
    "expiry": {"none": 65, "some": 35},
    "reach": {"tight": 45, "normal": 40, "far": 15},
}
FOREIGN = (
    "value", "target", "oco", "trail", "fraction", "two_stops", "grandchild", "share",
    "child_limit", "part_stop",
)  # fmt: skip
REACH = {"tight": 0.008, "normal": 0.04, "far": 0.25}
SIZES = {"one": (1, 2), "small": (1, 8), "large": (5, 60), "more": (30, 3000)}
Row = dict[str, Any]


class Draft:
    """A tape that is being written on bars of one symbol."""

    def __init__(
        self, plan: Plan, rng: np.random.Generator, bars: pl.DataFrame, units: float
    ) -> None:
        self.plan, self.rng, self.units = plan, rng, units
        own = bars.filter(pl.col("symbol") == bars["symbol"][0])
        self.symbols = bars["symbol"].unique(maintain_order=True).to_list()
        self.times = own["timestamp"].to_list()
        self.prices = own.select("open", "high", "low", "close").to_numpy()
        self.rows: list[Row] = []

    def write(self) -> pl.DataFrame:
        """All rows in the order of their bars, numbered."""
        most = {"one": 1, "few": 5, "many": 25, "crowded": 60}[self.plan["orders"]]
        count = int(self.rng.integers(1, most + 1))
        if self.plan["orders"] == "crowded":
            start = int(self.rng.integers(0, len(self.times)))
            spots = np.minimum(start + self.rng.integers(0, 6, count), len(self.times) - 1)
        else:
            spots = self.rng.integers(0, len(self.times), count)
        for bar in np.sort(spots).tolist():
            self.entry(bar)
        self.spoil()
        return self.numbered()

    def entry(self, bar: int) -> None:
        """One entry with its children, or a close of everything."""
        rng, plan = self.rng, self.plan
        if plan["closes"] == "flat" and rng.random() < 0.25:
            unit = str(rng.choice(["target_units", "target_value", "target_percent"]))
            self.add(bar, kind="market", quantity=0.0, unit=unit)
            return
        side = {"buys": 1.0, "sells": -1.0}.get(plan["side"], float(rng.choice([1.0, -1.0])))
        kind = plan["kinds"]
        if kind == "mixed":
            kind = str(rng.choice(["market", "market", "limit", "stop", "stop_limit"]))
        quantity, unit = self.size()
        row = self.add(bar, kind=kind, quantity=side * quantity, unit=unit)
        close = self.prices[bar, 3]
        if kind in ("limit", "stop_limit"):
            row["limit_price"] = self.level(bar, close, -side if rng.random() < 0.8 else side)
        if kind in ("stop", "stop_limit"):
            row["stop_price"] = self.level(bar, close, side if rng.random() < 0.8 else -side)
        self.expire(row)
        self.children(row, side)
        if plan["cancels"] == "some" and rng.random() < 0.3:
            self.cancel(row)

    def size(self) -> tuple[float, str]:
        """Whole units, about as many as the account can carry or far more, or a share."""
        unit = self.plan["unit"]
        if unit == "mixed":
            unit = str(self.rng.choice(["units", "percent"]))
        if unit == "percent":
            return float(self.rng.choice([1.0, 0.5, 0.25, 0.1, 1 / 3, 0.95, 0.01])), unit
        low, high = SIZES[self.plan["size"]]
        units = int(self.rng.integers(low, high))
        if self.rng.random() < 0.3 and 1 < self.units < 1e14:
            units = max(int(self.units * self.rng.choice([0.2, 0.5, 0.99, 1.0, 2.0])), 1)
        return float(units), "units"

    def level(self, bar: int, base: float, side: float) -> float:
        """A price at a distance, or one that a bar soon after has to the last digit."""
        if self.rng.random() < 0.45:
            ahead = self.prices[bar : bar + 7]
            price = float(ahead[int(self.rng.integers(len(ahead))), int(self.rng.integers(4))])
        else:
            price = base * (1 + side * float(self.rng.uniform(0, 1)) * REACH[self.plan["reach"]])
        return price if np.isfinite(price) and price > 0 else 1.0

    def children(self, row: Row, side: float) -> None:
        """Stops, targets and closes of an entry, on its bar or later."""
        kinds = {"stop": ["stop"], "limit": ["limit"], "both": ["stop", "limit"]}
        wanted = kinds.get(self.plan["children"], [])
        if self.plan["children"] == "later" and self.rng.random() < 0.8:
            wanted = [["stop"], ["limit"], ["stop", "limit"]][int(self.rng.integers(3))]
        base = row.get("limit_price") or row.get("stop_price") or self.prices[row["bar"], 3]
        group = len(self.rows) if len(wanted) == 2 and self.rng.random() < 0.5 else None
        for kind in wanted if self.rng.random() < 0.8 else []:
            self.child(row, kind, side, base, group)
        if self.plan["closes"] in ("parts", "whole") and self.rng.random() < 0.5:
            for _ in range(int(self.rng.integers(1, 4))):
                part = self.rng.choice([0.5, 0.1, 0.6, 1.0, 1.5, 0.25])
                if self.plan["closes"] == "whole" or row["unit"] == "percent":
                    part = 1.0
                close = self.add(
                    self.later(row), kind="market", quantity=-row["quantity"] * part,
                    unit=row["unit"], parent=row,
                )  # fmt: skip
                self.expire(close)

    def child(self, row: Row, kind: str, side: float, base: float, group: int | None) -> None:
        """An sl or tp, perhaps withdrawn and set anew."""
        away = -side if kind == "stop" else side
        when = row["bar"]
        if self.plan["children"] == "later" and self.rng.random() < 0.6:
            when = self.later(row)
        withdrawn = self.plan["cancels"] == "some" and self.rng.random() < 0.4
        for _ in range(1 + withdrawn):
            price = base * (1 + away * float(self.rng.uniform(0.02, 1)) * REACH[self.plan["reach"]])
            if self.rng.random() < 0.15 or not np.isfinite(price):
                price = self.level(when, base, away)
            name = "stop_price" if kind == "stop" else "limit_price"
            child = self.add(
                when, kind=kind, quantity=-row["quantity"], unit=row["unit"], parent=row,
                group=group, **{name: price},
            )  # fmt: skip
            self.expire(child)
            when = self.cancel(child) if withdrawn else when

    def later(self, row: Row) -> int:
        """A bar at or soon after a row's own."""
        return int(min(row["bar"] + self.rng.integers(0, 6), len(self.times) - 1))

    def expire(self, row: Row) -> None:
        """Give some rows a last bar."""
        if self.plan["expiry"] == "some" and self.rng.random() < 0.4:
            row["expires"] = self.times[self.later(row)]

    def cancel(self, row: Row) -> int:
        """Withdraw a row later; returns the bar."""
        bar = self.later(row)
        self.add(bar, kind="cancel", parent=row)
        return bar

    def add(self, bar: int, **cells: Any) -> Row:
        """One more row."""
        row = {"bar": bar, "unit": "units", **cells}
        self.rows.append(row)
        return row

    def spoil(self) -> None:
        """What backtesting.py has no word for; both sides must say so."""
        what, first = self.plan["foreign"], self.rows[0]
        price = float(self.prices[first["bar"], 3])
        child = {**first, "parent": first, "quantity": -first["quantity"], "unit": first["unit"]}
        stop = {**child, "kind": "stop", "stop_price": price * 0.9}
        extra: dict[str, list[Row]] = {
            "value": [{**first, "unit": "value"}],
            "target": [{**first, "unit": "target_units", "quantity": 3.0}],
            "oco": [{**first, "group": 10**6}, {**first, "group": 10**6}],
            "trail": [{**child, "kind": "trailing_stop", "trail_amount": price / 10}],
            "fraction": [{**first, "unit": "units", "quantity": 1.5}],
            "two_stops": [stop, stop],
            "grandchild": [stop, {**stop, "parent": stop}],
            "share": [{**first, "unit": "percent", "quantity": 1.25}],
            "child_limit": [{**child, "kind": "stop_limit", "stop_price": 1.0, "limit_price": 1.0}],
            "part_stop": [{**stop, "quantity": stop["quantity"] / 2}],
        }
        if first["quantity"] != 0:
            self.rows += extra.get(what, [])

    def numbered(self) -> pl.DataFrame:
        """Rows by bar, in the order in which they were written."""
        self.rows.sort(key=lambda row: row["bar"])
        numbers = {id(row): number for number, row in enumerate(self.rows)}
        symbol = pick(self.rng, dict.fromkeys(self.symbols, 1))
        table = []
        for number, row in enumerate(self.rows):
            plain = {name: row.get(name) for name in TAPE}
            parent = row.get("parent")
            plain |= {
                "order_id": number,
                "timestamp": self.times[row["bar"]],
                "symbol": symbol,
                "parent_id": None if parent is None else numbers[id(parent)],
                "oco_id": row.get("group"),
            }
            table.append(plain)
        return pl.DataFrame(table, schema=TAPE)


def random_tape(
    plan: Plan, rng: np.random.Generator, bars: pl.DataFrame, units: float
) -> pl.DataFrame:
    """A tape for the first symbol's bars; ``units`` is what the cash could buy."""
    return Draft(plan, rng, bars, units).write()
