"""VectorBT Pro's model held against the open edition's, against itself, and against bookkeeping."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain import plain_digest
from random_pro import random_pair, random_pro

from engine.execution import MODELS, UNPROVEN, caveat, vectorbt
from engine.execution.records import Refused
from engine.execution.vectorbt_pro import fill, run
from engine.execution.vectorbt_pro import play as playing

SEEDS = st.integers(0, 2**32)


def traces(request, play=run, **told):
    """Every table of a ledger as bytes, or what stopped the run."""
    try:
        ledger = play(request, **told)
    except Refused as refusal:
        return refusal.reason, refusal.bar, refusal.column
    tables = (part for part in ledger if not isinstance(part, tuple))
    return [table if table is None else np.ascontiguousarray(table).tobytes() for table in tables]


@settings(max_examples=200)
@given(seed=SEEDS)
def test_where_both_editions_have_the_same_features_their_ledgers_are_the_same(seed):
    # The open edition's model is proven against the platform; orders, trades and money included.
    ours, theirs = random_pair(seed)
    assert traces(theirs) == traces(ours, vectorbt.run)


def test_those_cases_are_worth_something():
    fills = stops = 0
    for seed in range(200):
        request = random_pair(seed)[1]
        ledger = run(request)
        signals = sum(len(marks.bars) for marks in request.marks.values())
        fills, stops = fills + len(ledger.fills), stops + (signals > 0)
    assert fills > 2000
    assert stops > 150


@settings(max_examples=200)
@given(seed=SEEDS)
def test_jumping_leaves_the_ledger_that_looking_at_every_bar_leaves(seed):
    request = random_pro(seed)
    assert traces(request) == traces(request, skip=False)


@given(seed=SEEDS, window=st.sampled_from([1, 5, 64, 300]), threads=st.booleans())
def test_columns_that_take_turns_fill_as_one_after_the_other(seed, window, threads):
    request = random_pro(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(playing, "WINDOW", window)
        patch.setattr(playing, "LEAST", 1 if threads else 1000)
        try:
            small = fill(request)
        except Refused as refusal:
            assert traces(request) == (refusal.reason, refusal.bar, refusal.column)
            return
    fills = run(request).fills
    for name in small.dtype.names:
        assert np.array_equal(small[name], fills[name])


@settings(max_examples=150)
@given(seed=SEEDS)
def test_money_and_positions_add_up(seed):
    request = random_pro(seed)
    ledger = run(request)
    close = request.market.close
    for column, _ in enumerate(request.symbols):
        fills = ledger.fills[ledger.fills["column"] == column]
        at, amounts = fills["bar"], fills["quantity"]
        flows = -amounts * fills["price"] - fills["commission"]
        scale = 1e-8 * (request.cash + np.abs(flows).sum())
        cash = request.cash + np.array([flows[at <= bar].sum() for bar in range(len(close))])
        held = np.array([amounts[at <= bar].sum() for bar in range(len(close))])
        assert np.allclose(ledger.cash[:, column], cash, rtol=0, atol=scale)
        known = ~np.isnan(close[:, column])
        worth = ledger.cash[:, column] + np.where(held == 0, 0, held * close[:, column])
        assert np.allclose(ledger.equity[known, column], worth[known], rtol=1e-9, atol=scale)


@settings(max_examples=150)
@given(seed=SEEDS)
def test_a_position_changes_sides_only_where_an_entry_of_the_other_side_asks_for_it(seed):
    request = random_pro(seed)
    ledger = run(request)
    late = np.broadcast_to(
        request.options.get("entry_price", "open") == np.array("nextopen"), len(request.symbols)
    )
    for column, _ in enumerate(request.symbols):
        held, fills = 0.0, ledger.fills[ledger.fills["column"] == column]
        marks = {}
        for name, signal in request.marks.items():
            bars = signal.bars[signal.start[column] : signal.start[column + 1]]
            marks[name] = set((bars + late[column]).tolist())
        for row in fills:
            after = held + row["quantity"]
            if abs(after) <= 1e-9 * max(abs(held), 1.0):
                after = 0.0
            entry = "entry" if row["quantity"] > 0 else "short_entry"
            if after * row["quantity"] > 0:
                assert row["bar"] in marks[entry]
            held = after


def test_all_that_is_unproven_is_called_so():
    assert [name for name in MODELS if caveat(name)] == ["vectorbt_pro"]
    assert caveat("vectorbt_pro") == UNPROVEN == "unproven against the platform"


def digest_of():
    """One hash over every table of some runs, jumping and scanning."""
    digest = hashlib.sha256()
    for seed in range(24):
        for skip in (True, False):
            digest.update(repr(traces(random_pro(seed), skip=skip)).encode())
    return digest.hexdigest()


def test_plain_python_leaves_the_same_bytes():
    assert plain_digest(__name__.rpartition(".")[2]) == digest_of()
