"""The house model and the models of platforms fill alike where their rules coincide."""

from dataclasses import replace

import numpy as np
import pytest
from house_random import sound_market
from hypothesis import given
from hypothesis import strategies as st
from tapes import tape_of

from engine.execution import backtrader, house, vectorbt
from engine.execution.marks import marks_of
from engine.execution.records import Marks, Request

SEEDS = st.integers(0, 2**32)
NAN = np.nan

# vectorbt: a stop from the entry bar's close, the stop before the target whatever the open says,
# no signal counts on a bar with a stop.
LIKE_VECTORBT = {
    "timing": "close",
    "stop_basis": "bar_close",
    "same_bar": "worst",
    "reentry": "skip_bar",
}


def fills_of(ledger):
    """Bar, column, quantity, price and commission; an exit and an entry of one bar are one fill."""
    fills = ledger.fills[["bar", "column", "quantity", "price", "commission"]]
    merged = []
    for fill in np.sort(fills, order=("bar", "column"), kind="stable").tolist():
        if merged and merged[-1][:2] == fill[:2]:
            assert merged[-1][3] == fill[3]
            last = merged.pop()
            fill = (*fill[:2], last[2] + fill[2], fill[3], last[4] + fill[4])
        merged.append(fill)
    return merged


def random_case(seed, *, sides, sizes):
    """Entries and exits with stops on a walk of one symbol."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 300))
    market = sound_market(rng, count, 1, float(rng.choice([0.003, 0.02])))
    names = ("entry", "exit", "short_entry", "short_exit")[: 2 * sides]
    density = float(rng.choice([0.02, 0.1, 0.3]))
    stop = str(rng.choice(["stop_loss", "trailing_stop"]))
    fractions = [NAN, 0.005, 0.01, 0.03]
    values = {
        stop: float(rng.choice(fractions)),
        "take_profit": float(rng.choice(fractions)),
        "size": rng.choice(sizes, size=(count, 1)),
    }
    marks = {name: marks_of(rng.random((count, 1)) < density) for name in names}
    return Request(market, ("A",), 1000.0, 0.0, 0.0, 0.0, marks=marks, values=values)


@given(seed=SEEDS, commission=st.sampled_from([0.0, 0.001]), fixed=st.sampled_from([0.0, 0.25]))
def test_long_signals_at_the_close_as_vectorbt_fills_them(seed, commission, fixed):
    """Sizes up to all the cash, cut down to what the cash pays for."""
    request = random_case(seed, sides=1, sizes=[NAN, 1.0, 7.0, 25.0])
    request = replace(request, commission=commission, fixed=fixed)
    theirs = replace(request, values=all_for_missing(request.values))
    ours = house.run(replace(request, options=LIKE_VECTORBT))
    assert fills_of(ours) == fills_of(vectorbt.run(theirs))


def all_for_missing(values):
    """vectorbt takes infinity for all the cash."""
    size = values["size"]
    return {**values, "size": np.where(np.isnan(size), np.inf, size)}


@pytest.mark.parametrize("opposite", ["reverse", "close", "ignore"])
@given(seed=SEEDS)
def test_both_sides_as_vectorbt_fills_them(opposite, seed):
    """Whole units, whatever they cost: vectorbt asks for no cash to sell short."""
    request = replace(random_case(seed, sides=2, sizes=[1.0, 3.0]), cash=1e9)
    ours = replace(request, options={**LIKE_VECTORBT, "opposite": opposite, "cash_rule": "margin"})
    theirs = replace(request, options={"upon_opposite_entry": opposite})
    assert fills_of(house.run(ours)) == fills_of(vectorbt.run(theirs))


@given(seed=SEEDS, slippage=st.sampled_from([0.0, 0.001]))
def test_the_next_open_is_the_open_of_signals_a_bar_later(seed, slippage):
    request = random_case(seed, sides=1, sizes=[NAN, 5.0])
    own = dict.fromkeys(("stop_loss", "trailing_stop", "take_profit"), NAN)
    request = replace(request, values={**own, "size": NAN}, slippage=slippage, commission=0.001)
    later = {
        name: shifted(marks, len(request.market.close)) for name, marks in request.marks.items()
    }
    theirs = replace(request, marks=later, values={"price": "open", "size": np.inf})
    assert fills_of(house.run(request)) == fills_of(vectorbt.run(theirs))


def shifted(marks, count):
    bars = marks.bars + 1
    kept = bars[bars < count]
    return Marks(np.array([0, len(kept)]), kept)


# backtrader: children are sent once their parent is done; the queue is asked in order, and every
# bracket below sends its stop first.
LIKE_BACKTRADER = {"entry_bar": "skip", "same_bar": "worst", "cash_rule": "margin"}


def random_orders(rng, market, kinds):
    """Orders of whole units near the market; some entries with a stop and a target behind them."""
    count, symbols = market.close.shape
    orders = []
    for bar in np.sort(rng.integers(0, count, count // 6 + 2)).tolist():
        column = int(rng.integers(symbols))
        price, side = market.close[bar, column], float(rng.choice([-1.0, 1.0]))
        near = {"bar": bar, "column": column, "quantity": side * float(rng.integers(1, 6))}
        kind = str(rng.choice(kinds))
        level = round(price * (1 + float(rng.normal()) * 0.02), 2)
        levels = {"limit": {"limit_price": level}, "stop": {"stop_price": level}}
        last = bar + int(rng.integers(1, 20)) if rng.random() < 0.3 else -1
        orders.append({**near, "kind": kind, "expires_bar": last, **levels.get(kind, {})})
        if rng.random() < 0.4:
            parent, back = len(orders) - 1, -near["quantity"]
            tie = {"bar": bar, "column": column, "parent_id": parent, "oco_id": parent}
            below, above = round(price * 0.985, 2), round(price * 1.015, 2)
            loss, gain = (below, above) if side > 0 else (above, below)
            orders.append({**tie, "kind": "stop", "quantity": back, "stop_price": loss})
            orders.append({**tie, "kind": "limit", "quantity": back, "limit_price": gain})
    return tape_of(orders)


@given(seed=SEEDS, symbols=st.integers(1, 3))
def test_orders_and_brackets_as_backtrader_fills_them(seed, symbols):
    """Every fill to the bit; in which order those of one bar are told is the platform's own."""
    rng = np.random.default_rng(seed)
    market = sound_market(rng, int(rng.integers(2, 300)), symbols, float(rng.choice([0.003, 0.02])))
    tape = random_orders(rng, market, ["market", "limit", "stop"])
    request = Request(market, tuple("ABC"[:symbols]), 1e9, 0.0, 0.0, 0.0, tape=tape)
    ours, theirs = house.run(replace(request, options=LIKE_BACKTRADER)), backtrader.run(request)
    names = ["bar", "column", "quantity", "price"]
    assert sorted(ours.fills[names].tolist()) == sorted(theirs.fills[names].tolist())


@given(seed=SEEDS)
def test_targets_at_the_next_open_as_backtrader_fills_them(seed):
    rng = np.random.default_rng(seed)
    market = sound_market(rng, 120, 1, 0.02)
    bars = np.flatnonzero(rng.random(120) < 0.4).tolist()
    held = rng.integers(-5, 6, len(bars)).tolist()
    orders = [
        {"bar": bar, "unit": "target_units", "quantity": float(size)}
        for bar, size in zip(bars, held, strict=True)
    ]
    request = Request(market, ("A",), 1e9, 0.0, 0.0, 0.0, tape=tape_of(orders))
    ours, theirs = house.run(replace(request, options=LIKE_BACKTRADER)), backtrader.run(request)
    names = ["bar", "quantity", "price"]
    assert ours.fills[names].tolist() == theirs.fills[names].tolist()
    assert ours.equity[-1, 0] == pytest.approx(theirs.equity[-1, 0], rel=1e-12)
