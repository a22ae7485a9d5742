"""One ledger of the house model: jumping or scanning, compiled or plain, whatever comes after."""

import hashlib

import numpy as np
from house_random import random_signals, random_tape
from hypothesis import given
from hypothesis import strategies as st
from plain import plain_digest

from engine.execution.house import run

SEEDS = st.integers(0, 2**32)


def traces(request, *, skip=True):
    """Every table of a ledger as bytes."""
    tables = (part for part in run(request, skip=skip) if isinstance(part, np.ndarray))
    return [np.ascontiguousarray(table).tobytes() for table in tables]


@given(seed=SEEDS)
def test_jumping_over_signals_leaves_the_ledger_that_looking_at_every_bar_leaves(seed):
    request = random_signals(seed)
    assert traces(request) == traces(request, skip=False)


@given(seed=SEEDS)
def test_jumping_over_orders_leaves_the_ledger_that_looking_at_every_bar_leaves(seed):
    request = random_tape(seed)
    assert traces(request) == traces(request, skip=False)


def test_the_random_signals_do_something():
    ledgers = [run(random_signals(seed)) for seed in range(60)]
    assert sum(len(ledger.fills) for ledger in ledgers) > 500
    reasons = {ledger.reasons[code] for ledger in ledgers for code in ledger.orders["reason"]}
    assert reasons >= {"entry", "exit", "reversal", "stop_loss", "trailing_stop", "take_profit"}
    assert "no_cash" in reasons


def test_the_random_orders_do_something():
    ledgers = [run(random_tape(seed)) for seed in range(60)]
    assert sum(len(ledger.fills) for ledger in ledgers) > 200
    ends = {
        (ledger.statuses[row["status"]], ledger.reasons[row["reason"]])
        for ledger in ledgers
        for row in ledger.orders
    }
    assert {status for status, _ in ends} == set(ledgers[0].statuses)
    assert {reason for _, reason in ends} >= {"oco", "withdrawn", "parent_ended", "no_cash"}


def digest_of():
    """One hash over every table of some runs, jumping and scanning."""
    digest = hashlib.sha256()
    for seed in range(30):
        for skip in (True, False):
            digest.update(repr(traces(random_signals(seed), skip=skip)).encode())
            digest.update(repr(traces(random_tape(seed), skip=skip)).encode())
    return digest.hexdigest()


def test_plain_python_leaves_the_same_bytes():
    assert plain_digest(__name__.rpartition(".")[2]) == digest_of()
