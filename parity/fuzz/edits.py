"""All the ways to make a scenario smaller, and what small means.

An edit can be applied to any scenario and leaves alone what it does not find, so edits combine.
"""

from __future__ import annotations

from collections.abc import Iterator

from parity.fuzz.fewer import MOST_PARTS, Edit, fewer_bars, fewer_rows, fewer_symbols
from parity.fuzz.plainer import (
    plainer_account,
    plainer_options,
    plainer_script,
    settings_of,
    signals_of,
)
from parity.fuzz.rounder import digits_of, rounder
from scenarios import Scenario

SMALLER = (fewer_symbols, fewer_bars, fewer_rows)
PLAINER = (plainer_script, plainer_account, plainer_options)


def edits_of(scenario: Scenario) -> Iterator[Edit]:
    """Every edit worth trying now: numbers are made round once few of them are left."""
    few = scenario.bars["timestamp"].n_unique() <= MOST_PARTS
    for kind in (*SMALLER, *PLAINER, *((rounder,) if few else ())):
        yield from kind(scenario)


def weight(scenario: Scenario) -> int:
    """How much a reader has to take in: symbols, bars, rows, settings, signals, then digits."""
    rows = scenario.script.frame.height
    tables = 400 * len(scenario.symbols) + 60 * scenario.bars.height + 40 * rows
    return tables + 30 * settings_of(scenario) + 20 * signals_of(scenario) + digits_of(scenario)
