"""What holds for every script under every rule of the house."""

from dataclasses import replace

import numpy as np
import pytest
from house_random import random_signals, random_tape
from hypothesis import example, given
from hypothesis import strategies as st

from engine.execution.house import run
from engine.execution.records import Marks

REQUESTS = st.builds(
    lambda kind, seed: kind(seed),
    st.sampled_from([random_signals, random_tape]),
    st.integers(0, 2**32),
)


def cut(request, bars):
    """The same request, as it could have been made when only so many bars were known."""
    market = request.market._replace(
        **{name: price[:bars] for name, price in request.market._asdict().items()}
    )
    marks = {name: shortened(marks, bars) for name, marks in request.marks.items()}
    values = {
        name: value[:bars] if np.ndim(value) == 2 else value
        for name, value in request.values.items()
    }
    tape = request.tape
    if tape is not None:
        tape = tape[tape["bar"] < bars]
    return replace(request, market=market, marks=marks, values=values, tape=tape)


def shortened(marks, bars):
    columns = np.repeat(np.arange(len(marks.start) - 1), np.diff(marks.start))
    kept = marks.bars < bars
    counts = np.bincount(columns[kept], minlength=len(marks.start) - 1)
    return Marks(np.concatenate(([0], np.cumsum(counts))), marks.bars[kept])


@given(request=REQUESTS, share=st.floats(0.1, 0.95))
def test_taking_the_future_away_changes_nothing_that_happened_before(request, share):
    count = len(request.market.close)
    bars = max(1, int(count * share))
    whole, past = run(request), run(cut(request, bars))
    fields = ["bar", "column", "quantity", "price", "commission"]
    before = whole.fills[whole.fills["bar"] < bars]
    assert before[fields].tolist() == past.fills[fields].tolist()
    assert np.array_equal(whole.cash[:bars], past.cash)
    assert np.array_equal(whole.equity[:bars], past.equity, equal_nan=True)


@given(request=REQUESTS)
def test_cash_and_positions_are_what_the_fills_made_of_them(request):
    ledger, close = run(request), known(request.market)
    money = np.zeros(len(close))
    held = np.zeros(close.shape)
    for fill in ledger.fills:
        money[fill["bar"] :] -= fill["quantity"] * fill["price"] + fill["commission"]
        held[fill["bar"] :, fill["column"]] += fill["quantity"]
    scale = request.cash + np.abs(ledger.fills["quantity"] * ledger.fills["price"]).sum()
    assert ledger.cash[:, 0] == pytest.approx(request.cash + money, abs=1e-9 * scale)
    worth = (held * np.nan_to_num(close)).sum(axis=1)
    assert ledger.equity[:, 0] == pytest.approx(ledger.cash[:, 0] + worth, abs=1e-9 * scale)


def known(market):
    """Each close, or the one before it."""
    filled, absent = market.close.copy(), np.isnan(market.close)
    for bar in range(1, len(filled)):
        filled[bar, absent[bar]] = filled[bar - 1, absent[bar]]
    return filled


@example(request=random_tape(997))  # a child of another symbol than its parent's
@given(request=REQUESTS)
def test_fills_lie_inside_their_bar_but_for_slippage(request):
    fills, market = run(request).fills, request.market
    place = fills["bar"], fills["column"]
    prices = [price[place] for price in market[:4]]
    high, low = np.max(prices, axis=0), np.min(prices, axis=0)
    slip = request.slippage + 1e-12
    assert not np.isnan(prices).any()
    assert (fills["price"] <= high * (1 + slip)).all()
    assert (fills["price"] >= low * (1 - slip)).all()


@given(seed=st.integers(0, 2**32))
def test_signals_change_sides_only_through_flat(seed):
    """A reversal is an order that closes and one that opens, so no fill goes through zero."""
    ledger = run(random_signals(seed))
    held = np.zeros(3)
    for fill in ledger.fills:
        after = held[fill["column"]] + fill["quantity"]
        assert held[fill["column"]] * after >= 0 or abs(after) < 1e-9 * abs(fill["quantity"])
        held[fill["column"]] = 0.0 if abs(after) < 1e-9 * abs(fill["quantity"]) else after


@given(request=REQUESTS)
def test_trades_add_up_to_what_equity_gained(request):
    ledger = run(request)
    gained = ledger.equity[-1, 0] - request.cash
    scale = request.cash + np.abs(ledger.fills["quantity"] * ledger.fills["price"]).sum()
    assert ledger.trades["pnl"].sum() == pytest.approx(gained, abs=1e-9 * scale)


@given(request=REQUESTS)
def test_without_margin_nothing_is_bought_that_is_not_paid_for(request):
    """Buying is checked; only costs of closing, and losses of shorts, may take cash below zero."""
    rule = {"cash_rule": "reject", "leverage": 1.0}
    request = replace(request, options={**request.options, **rule}, commission=0.0, fixed=0.0)
    ledger = run(request)
    if not (ledger.fills["quantity"] < 0).any():
        assert ledger.cash.min() >= -1e-9 * request.cash
