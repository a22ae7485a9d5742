"""One ledger of backtesting.py's model, whichever way it is come by: jumping, scanning, plain."""

import hashlib

import numpy as np
import pytest
from plain import plain_digest

from engine import PlatformRefusal, UnsupportedScript, simulate
from parity.fuzz.generate import generate
from scenarios.load import load_library


def traces(scenario, *, skip=True):
    """Every table of a run as bytes, or what stopped it."""
    try:
        result = simulate(
            scenario.bars,
            scenario.script,
            "backtesting_py",
            account=scenario.account,
            symbols=scenario.symbols,
            options=scenario.options.get("backtesting_py", {}),
            skip=skip,
        )
    except (PlatformRefusal, UnsupportedScript) as answer:
        return answer.reason
    ledger = result._ledger
    tables = (ledger.orders, ledger.fills, ledger.trades, ledger.cash, ledger.equity)
    return [np.ascontiguousarray(table).tobytes() for table in tables]


@pytest.mark.parametrize("seed", range(4))
def test_passing_over_quiet_bars_leaves_what_looking_at_every_bar_leaves(seed):
    for scenario in generate("backtesting_py", seed, 60):
        assert traces(scenario) == traces(scenario, skip=False), scenario.name


def test_so_it_does_on_real_bars():
    stories = [s for s in load_library("real_bars") if "backtesting_py" in s.platforms]
    assert len(stories) >= 4
    for story in stories:
        assert traces(story) == traces(story, skip=False), story.name


def digest_of():
    """One hash over every table of some runs, jumping and scanning."""
    digest = hashlib.sha256()
    for scenario in generate("backtesting_py", 77, 40):
        for skip in (True, False):
            digest.update(repr(traces(scenario, skip=skip)).encode())
    return digest.hexdigest()


def test_plain_python_leaves_the_same_bytes():
    assert plain_digest(__name__.rpartition(".")[2]) == digest_of()
