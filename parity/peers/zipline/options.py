"""What a zipline user sets in ``initialize``: slippage, commission, cancel policy, actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from market import Actions
from wire import Refused, Request, Unsupported
from zipline.finance import cancel_policy, commission, slippage

KNOWN = {
    "route", "slippage_model", "basis_points", "volume_limit", "price_impact", "spread",
    "commission_model", "commission_cost", "min_trade_cost", "cancel_policy", "splits", "dividends",
    "data_frequency", "calendar", "delisting",
}  # fmt: skip

POLICIES = {
    "never": cancel_policy.NeverCancel,
    "end_of_day": lambda: cancel_policy.EODCancel(warn_on_cancel=False),
}


def slippage_of(request: Request) -> slippage.SlippageModel:
    """zipline's own default moves the price by a share of it, and so does the account."""
    given, share = request.options, request.account["slippage"]
    name = given.get("slippage_model", "fixed_basis_points")
    if share != 0 and (name != "fixed_basis_points" or "basis_points" in given):
        raise Unsupported("zipline has one slippage model; give the account none beside it")
    if name == "fixed_basis_points":
        chosen = picked(given, "basis_points", "volume_limit")
        try:
            return slippage.FixedBasisPointsSlippage(**{"basis_points": share * 10000.0, **chosen})
        except ValueError as error:
            raise Refused("slippage_out_of_bounds", str(error)) from error
    if name == "volume_share":
        return slippage.VolumeShareSlippage(**picked(given, "volume_limit", "price_impact"))
    if name == "fixed":
        return slippage.FixedSlippage(**picked(given, "spread"))
    if name == "none":
        return slippage.NoSlippage()
    raise ValueError(f"slippage_model {name!r} is none of zipline's")


def commission_of(request: Request) -> commission.CommissionModel:
    """By share, by trade or by dollar; the account's own costs mean one of the last two."""
    given, account = request.options, request.account
    costs = {"per_trade": account["fixed"], "per_dollar": account["commission"]}
    charged = [name for name, cost in costs.items() if cost != 0]
    name = given.get("commission_model", charged[0] if charged else "none")
    if len(charged) > 1 or (charged and (charged[0] != name or "commission_cost" in given)):
        raise Unsupported("zipline has one commission model; give the account no other cost")
    cost = {"cost": float(given["commission_cost"])} if "commission_cost" in given else {}
    if charged:
        cost = {"cost": costs[name]}
    if name == "per_share":
        return commission.PerShare(**cost, **picked(given, "min_trade_cost"))
    if name == "per_trade":
        return commission.PerTrade(**cost)
    if name == "per_dollar":
        return commission.PerDollar(**cost)
    if name == "none":
        return commission.NoCommission()
    raise ValueError(f"commission_model {name!r} is none of zipline's")


def picked(given: Mapping[str, Any], *names: str) -> dict[str, float]:
    """The options of these names that were given."""
    return {name: float(given[name]) for name in names if name in given}


def actions_of(request: Request, days: pd.DatetimeIndex) -> Actions:
    """Splits "bar:ratio", dividends "ex-bar:pay-bar:amount", one delisting "end-bar:close-bar".

    There is one text per symbol.

    ``days`` has the session that each bar belongs to.
    """
    splits = [
        {"sid": sid, "effective_date": day(days, bar), "ratio": float(ratio)}
        for sid, bar, ratio in words(request, "splits")
    ]
    dividends = [
        {
            "sid": sid,
            "ex_date": day(days, ex),
            "declared_date": pd.NaT,
            "record_date": pd.NaT,
            "pay_date": day(days, pay),
            "amount": float(amount),
        }
        for sid, ex, pay, amount in words(request, "dividends")
    ]
    delistings = tuple(
        (sid, day(days, end), day(days, close)) for sid, end, close in words(request, "delisting")
    )
    frames = (pd.DataFrame(rows) if rows else None for rows in (splits, dividends))
    return Actions(*frames, delistings)


def words(request: Request, name: str) -> list[list[Any]]:
    """The parts of every entry, with the sid of its symbol before them."""
    given = request.options.get(name, "")
    texts = given if isinstance(given, list) else [given] * len(request.symbols)
    return [[sid, *entry.split(":")] for sid, text in enumerate(texts) for entry in text.split()]


def day(days: pd.DatetimeIndex, bar: str) -> pd.Timestamp:
    """The session of a bar; "never" is no date."""
    return pd.NaT if bar == "never" else days[int(bar)]
