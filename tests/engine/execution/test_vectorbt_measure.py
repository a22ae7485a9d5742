"""Money of many strategies: by hand, and against a bar-by-bar account that takes no short cut."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.execution.records import FILL_ROW, SMALL_FILL_ROW, Floats
from engine.execution.vectorbt.exits import EXIT_FIELDS, exits_of, places_of, tally
from engine.execution.vectorbt.measure import Measured, closes_of, measured
from engine.execution.vectorbt.trades import derive_trades

CASH = 100.0


def fills_of(*rows: tuple[int, int, float, float, float]) -> Any:
    """Column, bar, signed quantity, price, fee."""
    fills = np.zeros(len(rows), dtype=SMALL_FILL_ROW)
    for place, row in enumerate(rows):
        fills[place] = row
    return fills


def money_of(fills: Any, close: list[float], ends: list[int], columns: int = 1) -> Measured:
    """Measure columns on one series of closes."""
    closes = closes_of(np.array(close), np.array(ends))
    return measured(fills, places_of(fills, columns), closes, CASH)


def test_bought_at_10_and_sold_at_12_after_a_fall_to_8() -> None:
    """Ten units: 100, 80, 120 and then nothing; a fee of 1 each way."""
    fills = fills_of((0, 1, 9.9, 10.0, 1.0), (0, 3, -9.9, 12.0, 1.0))
    money = money_of(fills, [10.0, 10.0, 8.0, 12.0, 5.0], [1, 4])
    row = money.rows[0]
    assert row["profit"] == pytest.approx(9.9 * 2 - 2)
    assert row["fees"] == 2.0
    assert row["drawdown"] == pytest.approx((100 - 99 - 1 + 9.9 * 8) / 100 - 1)
    # The first day ends one fee down, the second at the end.
    assert money.daily[0] == pytest.approx([-0.01, (100 + 9.9 * 2 - 2) / 99 - 1])


def test_without_a_fill_nothing_happens() -> None:
    money = money_of(fills_of(), [1.0, 2.0, 3.0], [2], columns=2)
    assert money.daily.tolist() == [[0.0], [0.0]]
    assert all(money.rows[name].tolist() == [0.0, 0.0] for name in money.rows.dtype.names)


def test_a_missing_close_is_valued_at_the_one_before_it() -> None:
    fills = fills_of((0, 0, 10.0, 10.0, 0.0))
    gap = money_of(fills, [10.0, math.nan, 12.0], [2])
    flat = money_of(fills, [10.0, 10.0, 12.0], [2])
    assert gap.rows == flat.rows
    assert gap.daily == flat.daily


def test_money_that_is_owed_turns_the_sign_of_returns() -> None:
    """Ten short at 10; at 25 they cost more than there is, and at 20 less is owed: a gain."""
    fills = fills_of((0, 0, -10.0, 10.0, 0.0))
    money = money_of(fills, [10.0, 25.0, 20.0], [0, 1, 2])
    # 200 of cash less 100, 250, 200.
    assert money.daily[0].tolist() == [0.0, (-50.0 - 100.0) / 100.0, 0.0 + (0.0 + 50.0) / 50.0]


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(3, 300), st.integers(1, 40), st.floats(0.02, 0.5))
def test_blocks_and_days_side_by_side_are_no_other_than_bar_after_bar(
    seed: int, bars: int, day: int, busy: float
) -> None:
    rng = np.random.default_rng(seed)
    close = 10.0 * np.exp(np.cumsum(rng.normal(0, 0.05, bars)))
    fills, held = [], 0.0
    for bar in np.flatnonzero(rng.random(bars) < busy):
        quantity = -held if held and rng.random() < 0.5 else float(rng.normal(0, 5))
        held += quantity
        fills.append((0, bar, quantity, close[bar] * 1.001, abs(quantity) * 0.01))
    ends = [*range(day - 1, bars - 1, day), bars - 1]
    money = money_of(fills_of(*fills), close.tolist(), ends)
    told = bar_by_bar(fills, close, ends)
    assert money.daily[0].tolist() == told["daily"]
    row = money.rows[0]
    assert row["fees"] == told["fees"]
    for name in ("returns", "squares", "downs", "drawdown"):
        assert row[name] == pytest.approx(told[name], rel=1e-9, abs=1e-12), name


def bar_by_bar(fills: list[Any], close: Floats, ends: list[int]) -> dict[str, Any]:
    """Cash and value on every bar, nothing skipped, added up one after the other."""
    due = {fill[1]: fill for fill in fills}
    cash, held, before, growth = CASH, 0.0, CASH, 1.0
    values, returns, daily = [], [], []
    for bar, price in enumerate(close):
        if bar in due:
            _, _, quantity, paid, fee = due[bar]
            cash, held = snapped(cash, -quantity * paid - fee), snapped(held, quantity)
        value = cash + (price * held if held else 0.0)
        gained = (value - before) / before * (-1 if before < 0 else 1)
        growth *= gained + 1.0
        returns.append(gained)
        values.append(value)
        before = value
        if bar in ends:
            daily.append(growth - 1.0)
            growth = 1.0
    peaks = np.maximum.accumulate(values)
    falls = np.array(values) / peaks - 1
    lows = np.minimum(returns, 0.0)
    return {
        "daily": daily,
        "fees": sum(fill[4] for fill in fills),
        "returns": sum(returns),
        "squares": sum(r * r for r in returns),
        "downs": float((lows**2).sum()),
        # vectorbt's own way; a peak that is owed is no peak a fall can be measured from.
        "drawdown": falls.min(),
    }


def snapped(one: float, other: float) -> float:
    """vectorbt's sum, which is zero where two amounts nearly cancel."""
    if one * other < 0 and abs(one + other) <= max(1e-9 * max(abs(one), abs(other)), 1e-12):
        return 0.0
    return one + other


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(1, 40))
def test_exits_are_the_trades_that_the_ledger_derives(seed: int, columns: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    rows = [
        (column, bar, float(rng.normal(0, 5)), float(rng.uniform(5, 15)), 0.1)
        for column in range(columns)
        for bar in range(rng.integers(0, count))
    ]
    fills = fills_of(*rows)
    first = places_of(fills, columns)
    exits = exits_of(fills, first, 11.0, count)
    whole = np.zeros(len(fills), dtype=FILL_ROW)
    for name in SMALL_FILL_ROW.names:
        whole[name] = fills[name]
    trades = derive_trades(whole, first, np.full(columns, 11.0), count).exits
    names = {"entry_fees": "entry_commission", "exit_fees": "exit_commission"}
    for place, name in enumerate(EXIT_FIELDS):
        if name not in ("side", "size"):
            assert exits.fields[place].tolist() == trades[names.get(name, name)].tolist()
    sums = tally(exits)
    assert sums["trades"].sum() == len(trades)
    assert sums["wins"].sum() == (trades["pnl"] > 0).sum()
