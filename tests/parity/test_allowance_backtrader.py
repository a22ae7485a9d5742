"""Money is audited on backtrader's ledgers too, except where its own way of counting forbids it."""

from __future__ import annotations

import polars as pl
import pytest

from parity.allowance import allowance_for
from parity.invariants import find_violations
from parity.outcome import Recorded
from parity.platforms import find_platforms
from parity.replay import replay
from parity.select import choose_one
from scenarios import Scenario
from scenarios.load import load_library

(PEER, _) = find_platforms("backtrader")
ALWAYS = {"position_conserved", "order_cash_conserved"}
MONEY = {"cash_conserved", "equity_adds_up"}
LOST = {*MONEY, "fee_not_negative", "price_inside_bar", "parts_within_order"}


story = choose_one


def tables_of(scenario: Scenario) -> dict[str, pl.DataFrame]:
    outcome = replay(scenario, PEER)
    assert isinstance(outcome, Recorded)
    return dict(outcome.tables)


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("001_simple_market_orders", set()),
        ("tape_filled_over_three_bars", set()),
        ("bt_short_brings_cash", set()),
        ("bt_close_cheat_and_bracket", MONEY),
        ("tape_limit_over_a_missing_bar", MONEY),
        ("bt_futures_by_margin", MONEY),
        ("bt_stock_multiplier", MONEY),
        ("bt_leverage", MONEY),
        ("bt_short_needs_cash", MONEY),
        ("bt_market_at_no_price", LOST),
        ("bt_residue_of_a_reversal", {"fill_on_side_of_order"}),
        ("bt_residue_that_doubles", {"fill_on_side_of_order", "parts_within_order"}),
        ("bt_sizer_stake", {"fill_on_side_of_order"}),
    ],
)
def test_a_rule_is_set_aside_only_for_what_breaks_it(name: str, more: set[str]) -> None:
    allowance = allowance_for(story(name), PEER, ["X"])
    assert set(allowance.set_aside) == ALWAYS | more
    assert all(reason for reason in allowance.set_aside.values())


@pytest.mark.parametrize(
    ("table", "field", "rule"),
    [
        ("equity", "cash", "cash_conserved"),
        ("equity", "equity", "equity_adds_up"),
        ("fills", "price", "price_inside_bar"),
    ],
)
def test_a_false_number_is_caught(table: str, field: str, rule: str) -> None:
    scenario = story("001_simple_market_orders")
    tables = tables_of(scenario)
    allowance = allowance_for(scenario, PEER, ["AAPL"])
    assert find_violations(tables, scenario.bars, allowance) == ()
    rows = tables[table].with_row_index("row")
    last = pl.col("row") == rows.height - 1
    changed = pl.when(last).then(pl.col(field) + 50).otherwise(field).alias(field)
    broken = {**tables, table: rows.with_columns(changed).drop("row")}
    found = {violation.rule for violation in find_violations(broken, scenario.bars, allowance)}
    assert rule in found


def test_slippage_and_rebates_are_those_of_the_options() -> None:
    slipped = allowance_for(story("bt_slip_out_of_the_bar"), PEER, ["X"])
    assert slipped.slippage == 0.03
    assert not slipped.any_price
    assert allowance_for(story("bt_slip_fixed"), PEER, ["X"]).any_price
    assert allowance_for(story("bt_rebate"), PEER, ["X"]).negative_fees
    assert not slipped.negative_fees


def test_every_story_is_audited_without_a_violation() -> None:
    small = [s for s in load_library() if "backtrader" in s.platforms and s.bars.height < 60]
    for scenario in small:
        outcome = replay(scenario, PEER)
        if isinstance(outcome, Recorded):
            names = outcome.tables["equity"]["account"].unique().to_list()
            allowance = allowance_for(scenario, PEER, names)
            assert find_violations(outcome.tables, scenario.bars, allowance) == (), scenario.name
