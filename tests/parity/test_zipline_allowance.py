"""What zipline's settings permit a ledger to do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from fakes import story

from engine.script import Account
from parity.allowance import Allowance, allowance_for
from parity.platforms import find_platforms


def allowed(idiom: str = "exact", account: Account | None = None, **options: Any) -> Allowance:
    [platform] = find_platforms(f"zipline+{idiom}")
    scenario = replace(story(options={"zipline": options}), account=account or Account())
    return allowance_for(scenario, platform, ["A"])


def test_orders_are_filled_in_parts_and_never_earn() -> None:
    allowance = allowed(commission_model="per_trade", commission_cost=-1.0)
    assert allowance.in_parts
    assert not allowance.negative_fees
    assert set(allowance.set_aside) == {"position_conserved", "order_cash_conserved"}


@pytest.mark.parametrize(
    ("options", "share"),
    [
        ({}, 0.002),
        ({"basis_points": 50.0}, 0.005),
        ({"slippage_model": "volume_share", "volume_limit": 0.5, "price_impact": -0.4}, 0.1),
        ({"slippage_model": "none"}, 0.0),
    ],
)
def test_a_price_leaves_its_bar_by_no_more_than_its_slippage(
    options: dict[str, Any], share: float
) -> None:
    assert allowed(account=Account(slippage=0.002), **options).slippage == pytest.approx(share)


@pytest.mark.parametrize(
    ("idiom", "options", "rules"),
    [
        ("exact", {"splits": ""}, set()),
        ("exact", {"dividends": ["1:2:0.5"]}, {"cash_conserved", "equity_adds_up"}),
        ("exact", {"splits": "1:2"}, {
            "cash_conserved", "equity_adds_up", "parts_within_order", "filled_order_has_fill",
        }),
        ("exact", {"slippage_model": "fixed"}, {"price_inside_bar"}),
        ("exact", {"slippage_model": "volume_share", "volume_limit": 2.0, "price_impact": 0.3},
         {"price_inside_bar"}),
        ("bundle", {}, {"price_inside_bar", "equity_adds_up"}),
    ],
)  # fmt: skip
def test_a_rule_is_set_aside_only_where_zipline_breaks_it(
    idiom: str, options: dict[str, Any], rules: set[str]
) -> None:
    aside = set(allowed(idiom, **options).set_aside)
    assert aside - {"position_conserved", "order_cash_conserved"} == rules


@pytest.mark.parametrize(
    ("volume", "frequency", "aside"),
    [
        (0.0, "minute", True), (1.0, "minute", False), (0.0, "daily", False),
        (float("nan"), "minute", True),
    ],
)  # fmt: skip
def test_by_minutes_a_close_without_a_volume_is_forgotten(
    volume: float, frequency: str, aside: bool
) -> None:
    [platform] = find_platforms("zipline+exact")
    told = story(options={"zipline": {"data_frequency": frequency}})
    scenario = replace(told, bars=told.bars.with_columns(pl.lit(volume).alias("volume")))
    assert ("equity_adds_up" in allowance_for(scenario, platform, ["A"]).set_aside) == aside
