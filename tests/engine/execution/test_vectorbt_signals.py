"""Which signals count, and the order they ask for."""

import math

import pytest

from engine.execution.vectorbt.codes import (
    BOTH,
    LONG_ONLY,
    PERCENT_REVERSAL,
    SHORT_ONLY,
    SIZE_NEGATIVE,
    SIZE_TYPE_UNSUPPORTED,
)
from engine.execution.vectorbt.options import PER_COLUMN
from engine.execution.vectorbt.signals import (
    Asked,
    ask_stop,
    resolve,
    settle_entries,
    settle_side,
    want,
)

FLAT, LONG, SHORT = 0.0, 5.0, -5.0


def word(option, text):
    return PER_COLUMN[option].words.index(text)


def flags(text, accumulate=0):
    """Signals by letters: E long entry, X long exit, e short entry, x short exit."""
    return Asked("E" in text, "X" in text, "e" in text, "x" in text, accumulate)


def letters(asked):
    return "".join(letter for letter, on in zip("EXex", asked[:4], strict=True) if on)


@pytest.mark.parametrize(
    ("mode", "flat", "held"),
    [
        ("ignore", (False, False), (False, False)),
        ("entry", (True, False), (True, False)),
        ("exit", (False, True), (False, True)),
        ("adjacent", (False, False), (True, False)),
        ("opposite", (False, False), (False, True)),
    ],
)
def test_entry_against_exit_of_one_side(mode, flat, held):
    code = word("upon_long_conflict", mode)
    assert settle_side(True, True, FLAT, code) == flat
    assert settle_side(True, True, LONG, code) == held
    assert settle_side(True, True, SHORT, code) == held  # whichever side is held
    assert settle_side(True, False, LONG, code) == (True, False)


@pytest.mark.parametrize(
    ("mode", "flat", "long", "short"),
    [
        ("ignore", "", "", ""),
        ("long", "E", "E", "E"),
        ("short", "e", "e", "e"),
        ("adjacent", "", "E", "e"),
        ("opposite", "", "e", "E"),
    ],
)
def test_long_against_short_entry(mode, flat, long, short):
    code = word("upon_dir_conflict", mode)
    for position, kept in ((FLAT, flat), (LONG, long), (SHORT, short)):
        assert settle_entries(True, True, position, code) == ("E" in kept, "e" in kept)


@pytest.mark.parametrize(
    ("mode", "kept", "accumulate"),
    [
        ("ignore", "", 1),
        ("close", "X", 0),
        ("closereduce", "X", 1),
        ("reverse", "e", 0),
        ("reversereduce", "e", 1),
    ],
)
def test_an_entry_against_the_position(mode, kept, accumulate):
    code = word("upon_opposite_entry", mode)
    asked = resolve(flags("e", accumulate=1), LONG, 0, 0, 0, code)
    assert (letters(asked), asked.accumulate) == (kept, accumulate)
    mirrored = resolve(flags("E", accumulate=1), SHORT, 0, 0, 0, code)
    assert letters(mirrored) == kept.swapcase()


def test_conflicts_are_settled_side_first_then_entries_then_position():
    # The long side keeps its entry, the short side too, then only the short entry stays.
    asked = resolve(flags("EXex"), LONG, 1, 1, word("upon_dir_conflict", "short"), 4)
    assert letters(asked) == "e"


def test_without_an_entry_there_is_no_conflict():
    assert letters(resolve(flags("Xx"), LONG, 0, 0, 0, 0)) == "Xx"


@pytest.mark.parametrize(
    ("mode", "long", "short", "accumulate"),
    [
        ("close", "X", "x", 0),
        ("closereduce", "X", "x", 1),
        ("reverse", "e", "E", 0),
        ("reversereduce", "e", "E", 1),
    ],
)
def test_a_stop_exits_or_turns(mode, long, short, accumulate):
    code = word("upon_stop_exit", mode)
    assert letters(ask_stop(LONG, code, 1)) == long
    assert letters(ask_stop(SHORT, code, 1)) == short
    assert ask_stop(LONG, code, 1).accumulate == accumulate


@pytest.mark.parametrize(
    ("signals", "position", "accumulate", "quantity", "direction"),
    [
        ("E", FLAT, 0, 2.0, BOTH),
        ("e", FLAT, 0, -2.0, BOTH),
        ("Xx", FLAT, 0, 0.0, BOTH),  # nothing to leave
        ("X", LONG, 0, -5.0, LONG_ONLY),
        ("x", LONG, 0, 0.0, LONG_ONLY),  # the exit of the other side
        ("E", LONG, 0, 0.0, LONG_ONLY),  # already in
        ("E", LONG, 1, 2.0, LONG_ONLY),  # both: adds
        ("E", LONG, 2, 2.0, LONG_ONLY),  # addonly: adds
        ("E", LONG, 3, 0.0, LONG_ONLY),  # removeonly: does not
        ("X", LONG, 1, -2.0, LONG_ONLY),  # both: takes off
        ("X", LONG, 2, -5.0, LONG_ONLY),  # addonly: all off
        ("e", LONG, 0, -7.0, BOTH),  # turns: all off and two short
        ("e", LONG, 3, -2.0, BOTH),  # removeonly: takes off
        ("x", SHORT, 0, 5.0, SHORT_ONLY),
        ("E", SHORT, 0, 7.0, BOTH),
        ("e", SHORT, 1, -2.0, SHORT_ONLY),
    ],
)
def test_the_order_asked_for(signals, position, accumulate, quantity, direction):
    wanted = want(flags(signals, accumulate), position, 2.0, 0, 10.0, False)
    assert (wanted.fault, wanted.quantity, wanted.direction) == (0, quantity, direction)


def test_turning_by_value_divides_by_the_valuation_and_by_nan_only_closes():
    assert want(flags("e"), LONG, 30.0, 1, 10.0, False).quantity == -8.0
    assert want(flags("e"), LONG, math.nan, 0, 10.0, False).quantity == -5.0


@pytest.mark.parametrize(
    ("signals", "size", "unit", "fault"),
    [
        ("", -1.0, 0, SIZE_NEGATIVE),  # even without a signal
        ("", 1.0, 3, SIZE_TYPE_UNSUPPORTED),
        ("e", 0.5, 2, PERCENT_REVERSAL),
        ("X", 0.5, 2, 0),
    ],
)
def test_what_stops_the_run(signals, size, unit, fault):
    assert want(flags(signals), LONG, size, unit, 10.0, False).fault == fault
