"""Our own model on every story of the library: no platform to agree with, but money must add up."""

import pytest

from engine.errors import TruefillError
from engine.simulate import simulate
from engine.store.digest import frame_digest
from parity.allowance import plain
from parity.invariants import find_violations
from parity.platforms import OURS, PLATFORMS
from scenarios.load import load_library

# What house cannot be told: a price of the user's own, a signal without a bar, a negative cost, and
# a kind of order.
REASONS = (
    "leave price out and choose timing",
    "a signal is decided at the close of a bar",
    "has a value below 0",
    "a price must be finite and above zero",
    "house has no trailing stop-limit",
)


def played(scenario, *, skip=True):
    account, symbols = scenario.account, scenario.symbols
    given = {"account": account, "symbols": symbols, "skip": skip}
    return simulate(scenario.bars, scenario.script, "house", **given).tables()


@pytest.fixture(scope="module")
def ledgers():
    """Every story that house plays with its tables, and why it does not play the others."""
    found, refused = [], []
    for scenario in load_library():
        try:
            found.append((scenario, played(scenario)))
        except TruefillError as reason:
            refused.append(str(reason))
    return found, refused


def test_what_is_not_played_says_why(ledgers):
    found, refused = ledgers
    assert len(found) > 10 * len(refused)
    odd = [reason for reason in refused if not any(known in reason for known in REASONS)]
    assert odd == []


def test_every_ledger_adds_up(ledgers):
    for scenario, tables in ledgers[0]:
        accounts = tables["equity"]["account"].unique().to_list()
        allowed = plain(scenario, OURS, accounts)
        assert find_violations(tables, scenario.bars, allowed) == (), scenario.name


def test_jumping_and_scanning_agree(ledgers):
    for scenario, tables in ledgers[0][::4]:
        scanned = played(scenario, skip=False)
        for name, frame in tables.items():
            assert frame_digest(frame) == frame_digest(scanned[name]), scenario.name


def test_no_recording_is_asked_of_a_model_without_a_platform():
    assert OURS not in PLATFORMS
    assert OURS.model not in {platform.model for platform in PLATFORMS}
