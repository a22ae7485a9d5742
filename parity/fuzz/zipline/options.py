"""What a zipline user can set, and the values random cases give it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from parity.fuzz.plan import Plan, pick

OPTION_FACTORS = {
    "slippage_model": {
        "-": 20, "account": 15, "fixed_basis_points": 20, "volume_share": 20, "fixed": 12,
        "none": 13,
    },
    "volume_limit": {"-": 50, "low": 20, "high": 15, "all": 15},
    "commission_model": {
        "-": 20, "share": 10, "amount": 10, "per_share": 30, "per_trade": 10, "per_dollar": 15,
        "none": 5,
    },
    "least": {"-": 60, "some": 40},
    "policy": {"-": 50, "never": 10, "end_of_day": 40},
    "delisting": {"none": 80, "some": 20},
    "actions": {"none": 50, "splits": 18, "dividends": 18, "both": 14},
    "money": {"ample": 50, "tight": 40, "odd": 10},
}  # fmt: skip
FAULTS = {
    "none": 160, "points": 1, "limit": 1, "two_costs": 1, "two_slippages": 1, "no_cash": 1,
    "rebate": 3,
}  # fmt: skip
LIMITS = {"low": (0.01, 0.033, 1 / 3), "high": (0.5, 0.75), "all": (1.0, 2.0)}
COSTS = {
    "per_share": (0.001, 0.01, 1 / 3, 0.0), "per_trade": (1.0, 4.95, 0.1), "none": (),
    "per_dollar": (0.0015, 0.01, 1 / 3000),
}  # fmt: skip


class Settings:
    """The options and the account of one case."""

    def __init__(self, plan: Plan, rng: np.random.Generator, bars: pl.DataFrame) -> None:
        self.plan, self.rng, self.bars = plan, rng, bars
        self.wealth = {"ample": 1e6, "tight": 1000.0, "odd": 12345.678}[plan["money"]]
        self.run: dict[str, Any] = {}
        self.account: dict[str, float] = {"cash": self.wealth}

    def draw(self) -> None:
        """Everything the plan asks for."""
        self._slippage()
        self._commission()
        if self.plan["policy"] != "-":
            self.run["cancel_policy"] = self.plan["policy"]
        for name in ("splits", "dividends"):
            if self.plan["actions"] in (name, "both"):
                self.run[name] = list(self._actions(name))
        self._fault(pick(self.rng, FAULTS))

    def delisting(self) -> None:
        """Some symbols leave the market, which is played in daily simulations only."""
        if self.plan["delisting"] == "some":
            symbols = self.bars["symbol"].n_unique()
            self.run["delisting"] = [self._delisting() for _ in range(symbols)]

    def minutes(self) -> None:
        """By minutes, on the calendar whose minutes the bars have."""
        self.run["data_frequency"] = "minute"
        if self.plan["calendar"] != "-":
            self.run["calendar"] = self.plan["calendar"]

    def _one(self, values: tuple[float, ...]) -> float:
        return float(values[int(self.rng.integers(len(values)))])

    def _slippage(self) -> None:
        model, limit = self.plan["slippage_model"], self.plan["volume_limit"]
        if limit != "-":
            self.run["volume_limit"] = self._one(LIMITS[limit])
        if model == "account":
            self.account["slippage"] = self._one((0.001, 0.0005, 1 / 3000))
        elif model != "-":
            self.run["slippage_model"] = model
            if self.rng.random() < 0.7:
                name, values = {
                    "fixed_basis_points": ("basis_points", (0.0, 5.0, 7.3, 100.0)),
                    "volume_share": ("price_impact", (0.0, 0.1, 0.37, -0.1, 5.0)),
                    "fixed": ("spread", (0.0, 0.02, 0.1, -0.05)),
                    "none": ("spread", (0.5,)),
                }[model]
                self.run[name] = self._one(values)

    def _commission(self) -> None:
        model = self.plan["commission_model"]
        if model == "share":
            self.account["commission"] = self._one((0.001, 0.0025, 1 / 3000))
        elif model == "amount":
            self.account["fixed"] = self._one((1.0, 0.35))
        elif model != "-":
            self.run["commission_model"] = model
            if self.rng.random() < 0.7 and COSTS[model]:
                self.run["commission_cost"] = self._one(COSTS[model])
        if self.plan["least"] == "some":
            self.run["min_trade_cost"] = self._one((0.35, 1.0, 1.5, 7.0))

    def _actions(self, name: str) -> Iterator[str]:
        """One text per symbol; splits both ways, dividends paid late, at once, never."""
        count = self.bars["timestamp"].n_unique()
        for symbol in self.bars["symbol"].unique(maintain_order=True):
            price = float(self.bars.filter(pl.col("symbol") == symbol)["close"].max() or 1.0)  # type: ignore[arg-type]
            many = int(self.rng.integers(0, 4))
            days = sorted(int(day) for day in self.rng.integers(0, count, many))
            if name == "splits":
                ratios = (0.5, 2.0, 3.0, 1 / 3, 0.1, 1.5, 0.29, 7.0, 100.0)
                yield " ".join(f"{day}:{self._one(ratios)!r}" for day in days)
            else:
                yield " ".join(self._dividend(day, count, price) for day in days)

    def _delisting(self) -> str:
        """None, or a last bar with a close some bars after it, now and then before it."""
        count = self.bars["timestamp"].n_unique()
        if self.rng.random() < 0.4:
            return ""
        end = int(self.rng.integers(0, count))
        close = min(max(end + int(self.rng.integers(-2, 6)), 0), count - 1)
        return f"{end}:{close}"

    def _dividend(self, day: int, count: int, price: float) -> str:
        late = min(day + int(self.rng.integers(0, 6)), count - 1)
        pay = "never" if self.rng.random() < 0.15 else str(late)
        amount = price * self._one((0.01, 0.003, 0.1, 1.5))
        return f"{day}:{pay}:{amount!r}"

    def _fault(self, fault: str) -> None:
        if fault == "points":
            self.run.update(slippage_model="fixed_basis_points", basis_points=-1.0)
        elif fault == "limit":
            self.run.update(slippage_model="fixed_basis_points", volume_limit=0.0)
        elif fault == "two_costs":
            self.account.update(commission=0.001, fixed=1.0)
        elif fault == "two_slippages":
            self.account["slippage"] = 0.001
            self.run["slippage_model"] = "volume_share"
        elif fault == "no_cash":
            self.account["cash"] = float(self.rng.choice([0.0, -5.0]))
        elif fault == "rebate" and "commission_model" in self.run:
            self.run["commission_cost"] = -0.01
