"""What backtrader's settings permit: fills dated before their money moves, margins, leverage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from parity.allowance.allowance import Allowance
from parity.platforms import Platform
from scenarios.scenario import Scenario

MONEY = ("cash_conserved", "equity_adds_up")
WAITING = "orders are listed as they were made, not as they were filled"
DATED = "an execution is dated by the last bar of its feed, its money moves on the step after"
MARGINS = "margins, multipliers and leverage move other money than price times quantity"
SHORTS = "without short cash a short costs what it brings in"
RESIDUE = "parts of a reversal need not sum to what was asked; the residue may have the other sign"
DOUBLED = "a filler overfills an order by its residue, twice as far on every bar"
HOLES = "a market order fills at a price that is not there, and the account is lost to it"


def allow(scenario: Scenario, platform: Platform, accounts: Iterable[str]) -> Allowance:
    """Read a scenario's settings as this platform gets them."""
    options: dict[str, Any] = {**scenario.options.get(platform.name, {}), **platform.options}
    account = scenario.account
    moved = options.get("slip_fixed", 0.0)
    rates = [*_listed(options, "commission", account.commission), account.fixed]
    return Allowance(
        cash=dict.fromkeys(accounts, account.cash),
        slippage=abs(options.get("slip_perc", account.slippage)),
        any_price=moved != 0 or bool(options.get("cheat_on_close", False)),
        # A price moved by a fixed amount may fall below zero, and a share of it with it.
        negative_fees=min(rates) < 0 or moved != 0,
        in_parts=True,
        set_aside=dict(_set_aside(scenario, options)),
    )


def _set_aside(scenario: Scenario, options: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for rule in ("position_conserved", "order_cash_conserved"):
        yield rule, WAITING
    reasons = {
        DATED: bool(options.get("cheat_on_close", False)) or _uneven(scenario.bars),
        MARGINS: _levered(options),
        SHORTS: not options.get("shortcash", True),
        HOLES: _holed(scenario.bars),
    }
    for reason, holds in reasons.items():
        for rule in MONEY if holds else ():
            yield rule, reason
    if _fractional(scenario, options):
        yield "fill_on_side_of_order", RESIDUE
        if options.get("filler", "none") != "none":
            yield "parts_within_order", DOUBLED
    if reasons[HOLES]:
        for rule in ("fee_not_negative", "price_inside_bar", "parts_within_order"):
            yield rule, HOLES


def _listed(options: Mapping[str, Any], name: str, default: Any) -> list[Any]:
    given = options.get(name, default)
    return given if isinstance(given, list) else [given]


def _levered(options: Mapping[str, Any]) -> bool:
    """Some symbol is no plain stock: a margin, a multiplier, leverage, or a fee by unit."""
    usual = {"margin": 0.0, "mult": 1.0, "leverage": 1.0, "automargin": 0.0, "commtype": "auto"}
    return any(
        value != plain for name, plain in usual.items() for value in _listed(options, name, plain)
    )


def _fractional(scenario: Scenario, options: Mapping[str, Any]) -> bool:
    """Some size may be no whole number."""
    sized = options.get("sizer", "none") != "none" or options.get("filler_size", 0.0) % 1 != 0
    asked = scenario.script.frame["quantity"].fill_null(0.0)
    return sized or bool((asked % 1 != 0).any())


def _uneven(bars: pl.DataFrame) -> bool:
    """A symbol lacks a bar that another has; its orders are then tried on an old one."""
    return bars.height < bars["timestamp"].n_unique() * bars["symbol"].n_unique()


def _holed(bars: pl.DataFrame) -> bool:
    """A bar lacks a price."""
    prices = pl.col("open", "high", "low", "close")
    return bool(bars.select(pl.any_horizontal(prices.is_nan() | prices.is_null()).any()).item())
