"""What a zipline user can set, and what an account means where nothing is set."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.execution.options import check_names
from engine.execution.records import BadOption, Refused, Request, Unsupported
from engine.execution.zipline.codes import ALL, COMMISSIONS, OLDEST, POLICIES, SLIPPAGES
from engine.execution.zipline.state import SETTINGS_ROW

# Of each option its default; None where it follows from another option or from the account.
OPTIONS: Mapping[str, Any] = {
    "route": "exact",
    "slippage_model": "fixed_basis_points",
    "basis_points": None,
    "volume_limit": None,
    "price_impact": 0.1,
    "spread": 0.0,
    "commission_model": None,
    "commission_cost": None,
    "min_trade_cost": 0.0,
    "cancel_policy": "never",
    "splits": "",
    "dividends": "",
    "delisting": "",
    "data_frequency": "daily",
    "calendar": "XNYS",
}
# A tape has no cells that could be empty.
DEFAULTS: Mapping[str, Any] = {}
ACCOUNT: Mapping[str, str] = {}

ROUTES = ("exact", "bundle")
FREQUENCIES = ("daily", "minute")
CALENDARS = ("XNYS", "24/7")
VOLUME_LIMITS = {"fixed_basis_points": 0.1, "volume_share": 0.025}
COSTS = {"per_share": 0.001, "per_trade": 0.0, "per_dollar": 0.0015, "none": 0.0}


def settings_of(request: Request) -> NDArray[Any]:
    """One SETTINGS_ROW.

    Raises BadOption for what zipline does not have, Unsupported where the account and the options
    name two models of one kind, and Refused for what zipline's slippage does not take.
    """
    check_names("zipline", request.options, OPTIONS)
    word(request.options, "route", ROUTES)
    settings = np.zeros(1, dtype=SETTINGS_ROW)
    row = settings[0]
    policy = POLICIES.index(word(request.options, "cancel_policy", POLICIES))
    if policy == OLDEST and word(request.options, "data_frequency", FREQUENCIES) == "minute":
        policy = ALL
    row["end_of_day"] = policy
    set_slippage(row, request)
    set_commission(row, request)
    return settings


def set_slippage(row: Any, request: Request) -> None:
    """zipline's own default moves the price by a share of it, and so does the account."""
    given, share = request.options, request.slippage
    name = word(given, "slippage_model", SLIPPAGES)
    if share != 0 and (name != "fixed_basis_points" or "basis_points" in given):
        raise Unsupported("zipline has one slippage model; give the account none beside it")
    points = number(given, "basis_points", share * 10000.0)
    limit = number(given, "volume_limit", VOLUME_LIMITS.get(name, math.nan))
    if name == "fixed_basis_points" and (points < 0 or limit <= 0):
        raise Refused(
            "slippage_out_of_bounds",
            f"zipline takes neither {points} basis points nor {limit} of the volume",
        )
    row["slippage"] = SLIPPAGES.index(name)
    row["percentage"] = points / 10000.0
    row["volume_limit"] = limit
    row["price_impact"] = number(given, "price_impact", OPTIONS["price_impact"])
    row["exponent"] = 2.0
    row["half_spread"] = number(given, "spread", OPTIONS["spread"]) / 2.0


def set_commission(row: Any, request: Request) -> None:
    """By share, by trade or by dollar; the account's own costs mean one of the last two."""
    given = request.options
    costs = {"per_trade": request.fixed, "per_dollar": request.commission}
    charged = [name for name, cost in costs.items() if cost != 0]
    name = charged[0] if charged else "none"
    if given.get("commission_model") is not None:
        name = word(given, "commission_model", COMMISSIONS)
    if len(charged) > 1 or (charged and (charged[0] != name or "commission_cost" in given)):
        raise Unsupported("zipline has one commission model; give the account no other cost")
    row["commission"] = COMMISSIONS.index(name)
    row["cost"] = costs[name] if charged else number(given, "commission_cost", COSTS[name])
    row["least_cost"] = number(given, "min_trade_cost", OPTIONS["min_trade_cost"])


def word(options: Mapping[str, Any], name: str, words: tuple[str, ...]) -> str:
    """An option that is one of some words."""
    given = options.get(name, OPTIONS[name])
    if given not in words:
        raise BadOption(f"{name} is {given!r}; it is one of {', '.join(words)}")
    return str(given)


def number(options: Mapping[str, Any], name: str, default: float) -> float:
    """An option that is a finite number for the whole run."""
    given = options.get(name)
    if given is None:
        return default
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        raise BadOption(f"{name} is {given!r}; it is one finite number for the run")
    return float(given)
