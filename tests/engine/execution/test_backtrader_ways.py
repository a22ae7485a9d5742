"""One ledger of backtrader's: jumping or scanning, compiled or plain."""

import hashlib

import numpy as np
import pytest
from plain import plain_digest
from tapes import tape_of

from engine.execution.backtrader import run
from engine.execution.records import Market, Refused, Request, Unsupported

KINDS = ("market", "limit", "stop", "stop_limit", "trailing_stop", "cancel")
UNITS = ("units", "value", "percent", "target_units", "target_value", "target_percent")


def random_request(seed):
    """A tape of every kind on bars with gaps, holes and closes outside their range."""
    rng = np.random.default_rng(seed)
    count, symbols = int(rng.integers(5, 700)), int(rng.integers(1, 4))
    market = random_market(rng, count, symbols, 0.002 if seed % 2 else 0.03)
    orders = [random_order(rng, number, count, symbols, market) for number in range(count // 8 + 2)]
    orders.sort(key=lambda order: order["bar"])
    for number, order in enumerate(orders):
        order["order_id"] = number
        child = order["kind"] == "cancel" or rng.random() < 0.3
        order["parent_id"] = int(rng.integers(number)) if child and number else -1
    orders[0]["kind"] = "market"
    options = {
        "idiom": "siblings",
        "cheat_on_open": bool(rng.random() < 0.2),
        "checksubmit": bool(rng.random() < 0.8),
        "slip_match": bool(rng.random() < 0.7),
        "filler": str(rng.choice(["none", "none", "fixed_bar_perc"])),
        "margin": float(rng.choice([0.0, 0.0, 5.0])),
    }
    names = tuple("ABC"[:symbols])
    return Request(market, names, 1000.0, 0.001, 0.0, 0.001, tape=tape_of(orders), options=options)


def random_market(rng, count, symbols, wildness):
    shape = count, symbols
    close = 10 * np.exp(np.cumsum(rng.normal(size=shape) * wildness, axis=0))
    first = np.vstack((close[:1], close[:-1])) * np.exp(rng.normal(size=shape) * wildness / 3)
    high = np.maximum(first, close) * (1 + rng.random(shape) * wildness)
    low = np.minimum(first, close) * (1 - rng.random(shape) * wildness)
    close = np.where(rng.random(shape) < 0.05, close * 1.03, close)
    absent = (rng.random(shape) < 0.1) & (np.arange(symbols) > 0) & (np.arange(count)[:, None] > 0)
    prices = [np.where(absent, np.nan, price) for price in (first, high, low, close)]
    return Market(*prices, rng.integers(0, 90, shape) * 1.0)


def random_order(rng, number, count, symbols, market):
    bar, column = int(rng.integers(count)), int(rng.integers(symbols))
    price = float(np.nan_to_num(market.close[bar, column], nan=10.0))
    kind = str(rng.choice(KINDS))
    near = price * (1 + rng.normal(size=3) * 0.03)
    unit = "units" if rng.random() < 0.7 else str(rng.choice(UNITS))
    scale = {"units": 9.0, "target_units": 9.0, "value": 90.0, "target_value": 90.0}.get(unit, 0.5)
    return {
        "bar": bar, "column": column, "kind": kind, "unit": unit,
        "quantity": float(rng.choice([-1.0, 1.0, 2.0, -0.3])) * scale,
        "limit_price": near[0], "stop_price": near[1] if kind != "trailing_stop" else np.nan,
        "trail_percent": 0.02 if kind == "trailing_stop" else np.nan,
        "oco_id": int(rng.integers(3)) if rng.random() < 0.3 else -1,
        "expires_bar": bar + int(rng.integers(9)) if rng.random() < 0.3 else -1,
    }  # fmt: skip


def traces(seed, *, skip=True):
    """Every table of a ledger as bytes, or why there is none."""
    try:
        ledger = run(random_request(seed), skip=skip)
    except (Refused, Unsupported) as answer:
        return str(answer)
    tables = (part for part in ledger if isinstance(part, np.ndarray))
    return [np.ascontiguousarray(table).tobytes() for table in tables]


@pytest.mark.parametrize("seed", range(60))
def test_jumping_leaves_the_ledger_that_looking_at_every_bar_leaves(seed):
    assert traces(seed) == traces(seed, skip=False)


def test_the_random_tapes_do_something():
    ledgers = [run(random_request(seed)) for seed in range(10)]
    assert sum(len(ledger.fills) for ledger in ledgers) > 100
    ends = {int(end) for ledger in ledgers for end in ledger.orders["reason"]}
    assert len(ends) >= 5


def digest_of():
    """One hash over every table of some runs, jumping and scanning."""
    digest = hashlib.sha256()
    for seed in range(24):
        for skip in (True, False):
            digest.update(repr(traces(seed, skip=skip)).encode())
    return digest.hexdigest()


def test_plain_python_leaves_the_same_bytes():
    assert plain_digest(__name__.rpartition(".")[2]) == digest_of()
