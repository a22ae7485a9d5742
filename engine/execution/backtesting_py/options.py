"""What a user of backtesting.py can set, and what the platform itself refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.execution.backtesting_py.state import Rules
from engine.execution.options import check_names
from engine.execution.records import BadOption, Refused, Request

FLAGS = ("trade_on_close", "hedging", "exclusive_orders", "finalize_trades")

# What an option takes from the account when nobody says otherwise.
ACCOUNT: Mapping[str, str] = {"spread": "slippage"}

# ``spread`` None means the account says it.
DEFAULTS: Mapping[str, Any] = {
    "spread": None,
    "margin": 1.0,
    **dict.fromkeys(FLAGS, False),
}


def rules_of(request: Request) -> Rules:
    """Every option checked; raises BadOption for what is no option of the platform's."""
    options = request.options
    check_names("backtesting.py", options, DEFAULTS)
    flags = [flag(name, options.get(name)) for name in FLAGS]
    spread = number("spread", options.get("spread"), request.slippage)
    margin = number("margin", options.get("margin"), 1.0)
    check(request, margin)
    return Rules(spread, 1 / margin, float(request.fixed), float(request.commission), *flags)


def number(name: str, given: Any, default: float) -> float:
    """A number, or the default."""
    if given is None:
        return float(default)
    if isinstance(given, bool) or not isinstance(given, int | float | np.number):
        raise BadOption(f"{name} is {given!r}; it is one number for the run")
    return float(given)


def flag(name: str, given: Any) -> bool:
    """True or false, false by default."""
    if given is None:
        return False
    if not isinstance(given, bool):
        raise BadOption(f"{name} is {given!r}; it is true or false")
    return given


def check(request: Request, margin: float) -> None:
    """What the platform asserts of prices and money, in its own order."""
    market = request.market
    if any(np.isnan(prices.min()) for prices in market[:4]):
        raise Refused("price_missing", "every bar needs an open, a high, a low and a close")
    if not request.cash > 0:
        raise Refused("cash_not_positive", f"cash is {request.cash}; it must be above zero")
    if not 0 < margin <= 1:
        raise Refused("margin_out_of_range", f"margin is {margin}; it is above zero, one at most")
    if not request.fixed >= 0:
        raise Refused("fixed_commission_negative", f"a fixed commission of {request.fixed}")
    if not -0.1 <= request.commission < 0.1:
        raise Refused(
            "commission_out_of_range",
            f"a commission of {request.commission}; it lies between -10% and 10%",
        )
