"""What the invariants ask of backtesting.py: money adds up although buying spends nothing."""

from __future__ import annotations

import polars as pl
import pytest

from parity.allowance import allowance_for
from parity.invariants import find_violations
from parity.outcome import Recorded
from parity.platforms import find_platforms
from parity.replay import replay
from scenarios import Scenario
from scenarios.load import load_library

[PLATFORM] = find_platforms("backtesting_py")


def tables_of(story: Scenario) -> dict[str, pl.DataFrame]:
    outcome = replay(story, PLATFORM)
    assert isinstance(outcome, Recorded)
    return dict(outcome.tables)


def broken(name: str, spoil: pl.Expr | None = None, table: str = "equity") -> set[str]:
    """The rules a story breaks, perhaps with one of its tables spoilt."""
    [story] = load_library(name)
    tables = tables_of(story)
    if spoil is not None:
        tables[table] = tables[table].with_columns(spoil)
    allowance = allowance_for(story, PLATFORM, story.symbols)
    return {v.rule for v in find_violations(tables, story.bars, allowance)}


STORIES = ["reversed_in_one_order", "oldest_trade_closes_first", "ruin_of_two_shorts"]


@pytest.mark.parametrize("name", STORIES)
def test_equity_is_the_start_less_what_was_spent_and_what_is_held(name: str) -> None:
    assert broken(name) == set()
    assert broken(name, pl.col("equity") + 0.01) == {"equity_adds_up"}
    assert "equity_adds_up" in broken(name, pl.col("price") * 1.001, "fills")


def test_on_close_the_stamp_is_a_bar_before_the_money() -> None:
    [story] = load_library("market_at_the_close")
    allowance = allowance_for(story, PLATFORM, story.symbols)
    assert "stamped" in allowance.set_aside["equity_adds_up"]


@pytest.mark.parametrize(
    ("name", "anywhere"),
    [
        ("sell_stop_limit_gapped", True),
        ("buy_stop_gapped_on_close", True),
        ("buy_stop_gapped", False),
    ],
)
def test_prices_may_leave_their_bar_only_where_the_platform_lets_them(
    name: str, anywhere: bool
) -> None:
    [story] = load_library("*/" + name)
    assert allowance_for(story, PLATFORM, story.symbols).any_price is anywhere
    assert broken("*/" + name) == set()


def test_the_spread_is_what_a_limit_may_leave_its_bar_by() -> None:
    [story] = load_library("spread_on_a_limit")
    assert allowance_for(story, PLATFORM, story.symbols).slippage == 0.01
    assert broken("spread_on_a_limit", pl.col("price") * 1.02, "fills") >= {"price_inside_bar"}
