"""One ledger, whichever way it is come by: jumping or scanning, in windows, compiled or plain."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain import plain_digest
from random_requests import random_request

from engine.execution.records import Market, Marks, Refused, Request
from engine.execution.vectorbt import fill, run
from engine.execution.vectorbt import play as playing

SEEDS = st.integers(0, 2**32)


def traces(request, *, skip=True):
    """Every table of a ledger as bytes, or what stopped the run."""
    try:
        ledger = run(request, skip=skip)
    except Refused as refusal:
        return refusal.reason, refusal.bar, refusal.column
    tables = (part for part in ledger if not isinstance(part, tuple))
    return [table if table is None else np.ascontiguousarray(table).tobytes() for table in tables]


@given(seed=SEEDS)
def test_jumping_leaves_the_ledger_that_looking_at_every_bar_leaves(seed):
    request = random_request(seed)
    assert traces(request) == traces(request, skip=False)


@given(seed=SEEDS, window=st.sampled_from([1, 5, 64, 300]), threads=st.booleans())
def test_columns_that_take_turns_fill_as_one_after_the_other(seed, window, threads):
    request = random_request(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(playing, "WINDOW", window)
        patch.setattr(playing, "LEAST", 1 if threads else 1000)
        try:
            small = fill(request)
        except Refused as refusal:
            assert traces(request) == (refusal.reason, refusal.bar, refusal.column)
            return
    fills = run(request).fills
    fills = fills[np.argsort(fills["column"], kind="stable")]
    for name in small.dtype.names:
        assert np.array_equal(small[name], fills[name], equal_nan=name not in ("bar", "column"))


def strategies(market, symbols, marks, **told):
    """Nothing but what is told: no costs, 100 in cash."""
    return Request(market, symbols, 100.0, 0.0, 0.0, 0.0, marks=marks, **told)


def test_room_is_made_when_there_are_more_fills_than_signals_foretell():
    # One entry; then the target is met on every bar and one unit of it is sold.
    flat = np.full((90, 1), 1.0)
    request = strategies(
        Market(flat, flat + 1, flat, flat, flat),
        ("A",),
        {"entry": Marks(np.array([0, 1]), np.array([0]))},
        values={"size": 100.0, "take_profit": 0.05},
        options={"max_size": np.where(np.arange(90) == 0, 100.0, 1.0)[:, None]},
    )
    assert len(run(request).fills) == 90
    assert len(fill(request)) == 90


def test_a_market_of_one_symbol_serves_every_strategy():
    alone = random_request(7, bars=400, columns=1)
    three = {
        name: Marks(np.arange(4) * len(marks.bars), np.tile(marks.bars, 3))
        for name, marks in alone.marks.items()
    }
    stops = (0.01, 0.02, 0.05)
    told = {"values": {"stop_loss": np.array(stops)}}
    fills = fill(strategies(alone.market, ("A", "B", "C"), three, **told))
    for column, stop in enumerate(stops):
        single = run(strategies(alone.market, ("A",), alone.marks, values={"stop_loss": stop}))
        own = fills[fills["column"] == column]
        assert len(own) > 0
        for name in ("bar", "price", "quantity"):
            assert np.array_equal(own[name], single.fills[name])


def digest_of():
    """One hash over every table of some runs, jumping and scanning."""
    digest = hashlib.sha256()
    for seed in range(24):
        for skip in (True, False):
            digest.update(repr(traces(random_request(seed), skip=skip)).encode())
    return digest.hexdigest()


def test_plain_python_leaves_the_same_bytes():
    assert plain_digest(__name__.rpartition(".")[2]) == digest_of()
