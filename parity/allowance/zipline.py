"""What zipline's settings permit: slippage by its models, cash and shares by corporate actions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from parity.allowance.allowance import Allowance
from parity.platforms import Platform
from scenarios.scenario import Scenario

WAITING = {
    "position_conserved": "zipline tells no position after an order",
    "order_cash_conserved": "zipline tells no cash after an order",
}
PAID = {
    "cash_conserved": "dividends and the fractions of a split are paid without an order",
    "equity_adds_up": "over a bar without a close the last one is scaled by splits and dividends",
}
SPREAD = {"price_inside_bar": "a spread is an amount of money, whatever the bar's range"}
IMPACT = {"price_inside_bar": "a sale may be pushed below zero, and the further the higher its bar"}
STORED = {
    "price_inside_bar": "a bundle keeps thousandths, which may lie outside the bar that was given",
    "equity_adds_up": "a bundle values positions at thousandths, not at the close that was given",
}
UNTRADED = {"equity_adds_up": "by minutes a close without a volume is forgotten after its bar"}
DELISTED = {
    "price_inside_bar": "a delisted share is sold at its last price on a day without a bar",
    "equity_adds_up": "a delisted share keeps its last price, whatever bars come after",
}
SPLIT = {
    **PAID,
    "parts_within_order": "a split changes the size of an order that is filled in part",
    "filled_order_has_fill": "an order left with no whole share by a split counts as filled",
}


def allow(scenario: Scenario, platform: Platform, accounts: Iterable[str]) -> Allowance:
    """Read a scenario's settings as zipline gets them."""
    options = {**scenario.options.get(platform.name, {}), **platform.options}
    set_aside: Mapping[str, str] = WAITING
    if options.get("slippage_model") == "fixed":
        set_aside = {**set_aside, **SPREAD}
    slip = largest_slip(scenario, options)
    if slip > 1:
        set_aside = {**set_aside, **IMPACT}
    if options["route"] == "bundle":
        set_aside = {**set_aside, **STORED}
    if options.get("data_frequency") == "minute" and some_untraded(scenario):
        set_aside = {**set_aside, **UNTRADED}
    if happens(options, "dividends"):
        set_aside = {**set_aside, **PAID}
    if happens(options, "delisting"):
        set_aside = {**set_aside, **DELISTED}
    if happens(options, "splits"):
        set_aside = {**set_aside, **SPLIT}
    return Allowance(
        cash=dict.fromkeys(accounts, scenario.account.cash),
        slippage=slip,
        in_parts=True,
        set_aside=set_aside,
    )


def happens(options: Mapping[str, Any], name: str) -> bool:
    """Whether some symbol has such an action."""
    given = options.get(name, "")
    return any(text.split() for text in (given if isinstance(given, list) else [given]))


def some_untraded(scenario: Scenario) -> bool:
    """Whether some bar has a close but no volume."""
    closed = pl.col("close").is_not_null() & pl.col("close").is_not_nan()
    traded = (pl.col("volume").fill_nan(0.0) > 0).fill_null(False)
    return not scenario.bars.filter(closed & ~traded).is_empty()


def largest_slip(scenario: Scenario, options: Mapping[str, Any]) -> float:
    """The largest share of the close by which the chosen model moves a price."""
    model = options.get("slippage_model", "fixed_basis_points")
    if model == "fixed_basis_points":
        return float(options.get("basis_points", scenario.account.slippage * 1e4)) / 1e4
    if model == "volume_share":
        limit, impact = options.get("volume_limit", 0.025), options.get("price_impact", 0.1)
        return abs(float(impact)) * float(limit) ** 2
    return 0.0
