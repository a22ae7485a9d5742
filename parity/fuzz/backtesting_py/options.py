"""What a user of backtesting.py can set, and the values random cases give it."""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.fuzz.plan import Plan

FLAGS = ("trade_on_close", "hedging", "exclusive_orders", "finalize_trades")
OPTION_FACTORS = {
    "cash": {"ample": 35, "some": 30, "tight": 28, "tiny": 7},
    "commission": {"-": 40, "share": 20, "third": 10, "rebate": 12, "most": 18},
    "fixed": {"-": 60, "small": 20, "large": 20},
    "spread": {"-": 45, "small": 20, "large": 15, "slippage": 20},
    "margin": {"-": 40, "half": 20, "tenth": 20, "fiftieth": 20},
    **{flag: {"-": 55, "on": 35, "off": 10} for flag in FLAGS},
}
CASH = {"ample": 5000.0, "some": 60.0, "tight": 7.3, "tiny": 1.4}
COMMISSION = {"share": 0.002, "third": 1 / 3000, "rebate": -0.03, "most": 0.09}
FIXED = {"small": 0.013, "large": 0.4}
SPREAD = {"small": 0.0007, "large": 0.02}
MARGIN = {"half": 0.5, "tenth": 0.1, "fiftieth": 0.02}

# Rare settings that make backtesting.py refuse the whole run, each with its reason.
FAULTS: dict[str, tuple[str, float]] = {
    "no_cash": ("cash", 0.0),
    "high_commission": ("commission", 0.1),
    "high_rebate": ("commission", -0.11),
    "negative_fee": ("fixed", -1.0),
    "no_margin": ("margin", 0.0),
    "double_margin": ("margin", 2.0),
}


def account_of(plan: Plan, rng: np.random.Generator, price: float) -> dict[str, float]:
    """Money in proportion to the price, often a round number of units to the last cent."""
    cash = CASH[plan["cash"]] * price
    if rng.random() < 0.5 and cash > 1:
        cash = float(round(cash))
    account = {"cash": cash, "commission": COMMISSION.get(plan["commission"], 0.0)}
    account["fixed"] = FIXED.get(plan["fixed"], 0.0) * price
    if plan["spread"] == "slippage":
        account["slippage"] = 0.003
    name, value = FAULTS.get(plan["fault"], ("", 0.0))
    return {**account, name: value} if name in account else account


def options_of(plan: Plan) -> dict[str, Any]:
    """The options a plan does not leave alone."""
    options: dict[str, Any] = {flag: plan[flag] == "on" for flag in FLAGS if plan[flag] != "-"}
    if plan["spread"] in SPREAD:
        options["spread"] = SPREAD[plan["spread"]]
    if plan["margin"] in MARGIN:
        options["margin"] = MARGIN[plan["margin"]]
    name, value = FAULTS.get(plan["fault"], ("", 0.0))
    return {**options, name: value} if name == "margin" else options
