"""Random order tapes: every kind and unit, children, groups, cancels and expiries mixed."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from engine.schema import TAPE
from parity.fuzz.plan import Plan, pick

TAPE_FACTORS = {
    "orders": {"few": 30, "some": 40, "many": 30},
    "kinds": {
        "market": 20, "limit": 12, "stop": 12, "stop_limit": 12, "priced": 14, "all": 30,
    },
    "units": {"units": 45, "value": 8, "percent": 8, "targets": 15, "all": 24},
    "links": {
        "none": 30, "children": 14, "groups": 12, "brackets": 14, "cancels": 12, "all": 18,
    },
    "ends": {"never": 60, "some": 25, "all": 15},
    "sizes": {"parts": 45, "small": 20, "broken": 20, "large": 15},
    "reach": {"touch": 35, "tick": 25, "near": 25, "far": 15},
    "side": {"buys": 15, "sells": 15, "both": 70},
    "bunch": {"spread": 60, "bunched": 40},
}  # fmt: skip
KINDS = {
    "market": ("market",),
    "limit": ("limit", "market"),
    "stop": ("stop", "market"),
    "stop_limit": ("stop_limit",),
    "priced": ("limit", "stop", "stop_limit"),
    "all": ("market", "limit", "stop", "stop_limit"),
}
TARGETS = ("target_units", "target_value", "target_percent")
UNITS = {
    "units": ("units",),
    "value": ("value", "units"),
    "percent": ("percent", "units"),
    "targets": TARGETS,
    "all": ("units", "units", "value", "percent", *TARGETS),
}
SIZES = {"small": (1, 12), "parts": (20, 700), "large": (1000, 100000), "broken": (1, 200)}
REACH = {"near": 0.01, "far": 0.15, "tick": 0.03}
FOREIGN = {"none": 150, "trail": 1, "most": 1, "least": 1, "infinite": 1}
Row = dict[str, Any]


def random_tape(
    plan: Plan, rng: np.random.Generator, bars: pl.DataFrame, wealth: float
) -> pl.DataFrame:
    """Orders in the order of their bars, each tied to earlier ones as the plan says."""
    return Draw(plan, rng, bars, wealth).tape()


class Draw:
    """One tape as it is drawn."""

    def __init__(
        self, plan: Plan, rng: np.random.Generator, bars: pl.DataFrame, wealth: float
    ) -> None:
        self.plan, self.rng, self.wealth = plan, rng, wealth
        self.clock = bars["timestamp"].unique().sort().to_list()
        self.names = bars["symbol"].unique(maintain_order=True).to_list()
        self.closes = {
            name: bars.filter(pl.col("symbol") == name)["close"].drop_nans().to_list() or [1.0]
            for name in self.names
        }
        self.rows: list[Row] = []

    def tape(self) -> pl.DataFrame:
        """Every bar drawn gets an order, and what is tied to it."""
        for bar in self._bars():
            order = self._order(bar)
            self.rows.append(order)
            self._ties(order, bar)
        self._foreign(pick(self.rng, FOREIGN))
        return pl.DataFrame(
            [{**dict.fromkeys(TAPE), **row, "order_id": n} for n, row in enumerate(self.rows)],
            schema=TAPE,
        )

    def _bars(self) -> list[int]:
        most = {"few": 4, "some": 15, "many": 40}[self.plan["orders"]]
        count = int(self.rng.integers(1, most + 1))
        until = len(self.clock)
        if self.plan["bunch"] == "bunched":
            places = self.rng.integers(0, until, max(1, count // 4))
            return sorted(int(self.rng.choice(places)) for _ in range(count))
        return sorted(int(bar) for bar in self.rng.integers(0, until, count))

    def _order(self, bar: int) -> Row:
        kind = str(self.rng.choice(KINDS[self.plan["kinds"]]))
        unit = str(self.rng.choice(UNITS[self.plan["units"]]))
        symbol = str(self.rng.choice(self.names))
        row: Row = {
            "timestamp": self.clock[bar], "symbol": symbol, "kind": kind, "unit": unit,
            "quantity": self._quantity(unit, symbol, bar),
        }  # fmt: skip
        self._price(row, bar)
        share = {"never": 0.0, "some": 0.3, "all": 1.0}[self.plan["ends"]]
        if self.rng.random() < share:
            last = bar + int(self.rng.integers(0, 12))
            if last < len(self.clock):
                row["expires"] = self.clock[last]
        return row

    def _price(self, row: Row, bar: int) -> None:
        for name, kinds in (
            ("limit_price", ("limit", "stop_limit")),
            ("stop_price", ("stop", "stop_limit")),
        ):
            row[name] = self._level(row["symbol"], bar) if row["kind"] in kinds else None

    def _level(self, symbol: str, bar: int) -> float:
        """A price some close touches, or a fraction of a cent or more beside it."""
        closes = self.closes[symbol]
        close = closes[min(bar + int(self.rng.integers(0, 8)), len(closes) - 1)]
        reach = self.plan["reach"]
        if reach == "tick":
            close += float(self.rng.uniform(-1, 1)) * REACH["tick"]
        elif reach != "touch":
            close *= 1 + float(self.rng.uniform(-1, 1)) * REACH[reach]
        return max(float(close), 1e-9)

    def _quantity(self, unit: str, symbol: str, bar: int) -> float:
        side = {"buys": 1.0, "sells": -1.0}.get(
            self.plan["side"], float(self.rng.choice([1.0, -1.0]))
        )
        if unit in ("percent", "target_percent"):
            return side * float(self.rng.choice([0.1, 0.25, 0.5, 1.0, 1.5, 1 / 3]))
        low, high = SIZES[self.plan["sizes"]]
        shares = float(self.rng.integers(low, high))
        if self.plan["sizes"] == "broken":
            shares += float(self.rng.choice([0.5, 0.9999, 0.99995, -0.00005, 0.7, -0.0002]))
        if unit in ("value", "target_value"):
            closes = self.closes[symbol]
            shares *= closes[min(bar, len(closes) - 1)]
        return side * shares

    def _ties(self, order: Row, bar: int) -> None:
        """Children of an order, rivals of it, or a later cancel."""
        links, number = self.plan["links"], len(self.rows) - 1
        if links == "all":
            links = str(self.rng.choice(["none", "children", "groups", "brackets", "cancels"]))
        if links == "none" or self.rng.random() < 0.3:
            return
        if links == "cancels":
            self._cancel(bar, number)
            return
        if links == "groups":
            order["oco_id"] = int(self.rng.integers(0, 3))
            return
        for _ in range(2 if links == "brackets" else int(self.rng.integers(1, 3))):
            child = self._order(bar)
            child["parent_id"] = number
            if order["unit"] == "units" and self.rng.random() < 0.7:
                child.update(symbol=order["symbol"], unit="units", quantity=-order["quantity"])
                self._price(child, bar)
            if links == "brackets":
                child["oco_id"] = 100 + number
            self.rows.append(child)

    def _cancel(self, bar: int, number: int) -> None:
        """Withdraw an order of this tape, on its own bar or with the next orders."""
        target = int(self.rng.integers(max(0, number - 3), number + 1))
        row = self.rows[target]
        self.rows.append(
            {
                "timestamp": self.clock[bar],
                "symbol": row["symbol"],
                "kind": "cancel",
                "unit": "units",
                "parent_id": target,
            }
        )

    def _foreign(self, what: str) -> None:
        """What zipline cannot express or does not take; both sides must say so."""
        if what == "none":
            return
        last = {**self.rows[-1], "timestamp": self.clock[-1], "unit": "units", "kind": "market"}
        last.update(parent_id=None, oco_id=None, expires=None, limit_price=None, stop_price=None)
        last["quantity"] = {"most": 1e12, "least": -1e16, "infinite": 1.0}.get(what, 1.0)
        if what == "trail":
            last.update(kind="trailing_stop", trail_percent=0.05)
        if what == "infinite":
            last.update(unit="value", quantity=1e308 * 1.7)
        self.rows.append(last)
