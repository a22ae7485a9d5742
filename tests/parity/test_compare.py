"""Two ledgers agree only if every table, row, column and bit of one is in the other."""

import math
from typing import Any

import polars as pl
import pytest
from fakes import CLOSES, FILLS, TICK, Fill, at, book
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError, OptionError
from engine.schema import TABLES
from parity.compare import REQUIRED, compare, compare_tables
from parity.divergence import Class, Divergence, Layer, Severity, fingerprint_of, read_divergences
from parity.headline import tell_headline
from parity.outcome import Failed, Missing, Outcome, Recorded, Refused, Unsupported
from parity.tolerance import Tolerance

CLOCK = pl.Series([at(bar) for bar in range(6)], dtype=pl.Datetime("ms", "UTC"))
EVERY_CELL = [
    (table, row, field)
    for table, frame in book().items()
    for row in range(frame.height)
    for field in TABLES[table]
]


def differences(left: dict[str, pl.DataFrame], right: dict[str, pl.DataFrame]) -> list[Divergence]:
    return list(read_divergences(compare_tables(left, right, clock=CLOCK)))


def with_cell(table: str, row: int, field: str, value: Any) -> dict[str, pl.DataFrame]:
    """The ledger with one value changed."""
    tables = book()
    column = tables[table][field].to_list()
    column[row] = value
    changed = pl.Series(field, column, dtype=TABLES[table][field])
    return {**tables, table: tables[table].with_columns(changed)}


def another(value: Any) -> Any:
    """The nearest other value: the next float, the next number, the next bar, another word."""
    if isinstance(value, float):
        return math.nextafter(value, math.inf)
    if isinstance(value, int):
        return value + 1
    return f"{value}!" if isinstance(value, str) else value + (at(1) - at(0))


def test_a_ledger_agrees_with_itself():
    assert differences(book(), book()) == []


@pytest.mark.parametrize("table, row, field", EVERY_CELL)
def test_no_value_may_change_by_a_bit(table: str, row: int, field: str):
    """One field of one row of any table: it diverges, and the headline is that row."""
    changed = with_cell(table, row, field, another(book()[table][field][row]))
    found = differences(book(), changed)
    first = found[0]
    assert (first.table, first.row) == (table, row)
    if first.field:
        assert (len(found), first.field) == (1, field)
    else:  # a row of another symbol, or an account's bar at another time, is another row
        assert field in ("symbol", "account", "timestamp")
        assert [item.kind for item in found] == [Class.MISSING, Class.EXTRA]


@pytest.mark.parametrize("table, row, field", EVERY_CELL[::5])
def test_no_value_may_be_missing(table: str, row: int, field: str):
    found = differences(book(), with_cell(table, row, field, None))
    assert found and all(item.table == table for item in found)


@pytest.mark.parametrize("table", TABLES)
def test_a_row_that_one_side_lacks(table: str):
    tables = book()
    last = tables[table].height - 1
    shorter = {**tables, table: tables[table][:last]}
    for left, right, kind in ((tables, shorter, Class.MISSING), (shorter, tables, Class.EXTRA)):
        (only,) = differences(left, right)
        assert (only.table, only.row, only.kind) == (table, last, kind)
        assert only.severity is Severity.CRITICAL


@pytest.mark.parametrize("table", TABLES)
def test_rows_in_another_order(table: str):
    """The same rows, the first two swapped; nothing but the order differs."""
    tables = book()
    order = [1, 0, *range(2, tables[table].height)]
    (only,) = differences(tables, {**tables, table: tables[table][order]})
    assert (only.table, only.kind, only.severity) == (table, Class.SEQUENCE, Severity.MINOR)


@pytest.mark.parametrize("table", TABLES)
def test_a_table_that_one_side_lacks(table: str):
    without = {name: frame for name, frame in book().items() if name != table}
    for left, right in ((book(), without), (without, book())):
        (only,) = differences(left, right)
        assert (only.table, only.kind, only.severity) == (table, Class.ABSENT, Severity.CRITICAL)


@pytest.mark.parametrize("table", TABLES)
def test_only_trades_may_be_absent_on_both_sides(table: str):
    without = {name: frame for name, frame in book().items() if name != table}
    found = differences(without, without)
    assert [item.kind for item in found] == [Class.ABSENT] * (table in REQUIRED)


@pytest.mark.parametrize("side", [0, 1])
def test_a_malformed_table_is_an_error_that_names_side_table_and_column(side: int):
    sides = [book(), book()]
    sides[side]["fills"] = sides[side]["fills"].drop("commission")
    name = ("reference", "replay")[side]
    with pytest.raises(InputError, match=rf"{name} table fills lacks \['commission'\]"):
        compare_tables(*sides)
    with pytest.raises(InputError, match=rf"{name}: unknown tables \['fees'\]"):
        compare_tables(*[book() | ({"fees": book()["fills"]} if i == side else {}) for i in (0, 1)])


def test_the_first_divergence_is_the_first_in_time_and_nearest_to_the_cause():
    """The sale at bar 3 is a tick off; its order comes first, then fill, trades, cash, equity."""
    dearer = book([FILLS[0], Fill(3, -2.0, 11.0 + TICK), FILLS[2]])
    found = differences(book(), dearer)
    assert {(item.bar, item.timestamp) for item in found[:6]} == {(3, at(3))}
    layers = [item.layer for item in found if item.bar == 3]
    assert layers[0] is Layer.ORDER
    assert layers == sorted(layers, key=list(Layer).index)
    assert [item.bar for item in found] == sorted(item.bar or 0 for item in found)


def test_one_tick_in_a_fill_is_told_with_its_money():
    (only,) = differences(book(), with_cell("fills", 1, "price", 11.01))
    assert (only.reference, only.replay) == (11.0, 11.01)
    assert only.difference == pytest.approx(0.01)
    assert only.money == pytest.approx(0.02)
    told = tell_headline(only, platform="fake@1.2.0+plain")
    assert told == (
        "The first difference is at bar 3 (2024-01-02 14:33 UTC, A): price of a fill (row 1) is "
        "11.0 in fake@1.2.0+plain but 11.01 in the replay, 0.01 higher. That alone makes the "
        "replay 0.02 richer. Everything before this bar is the same."
    )


@pytest.mark.parametrize(
    "table, field, value, money",
    [
        ("fills", "price", 10.0, 2.0),  # buys 2 at 10 instead of 11
        ("fills", "commission", 0.32, -0.1),
        ("fills", "quantity", 3.0, None),
        ("trades", "pnl", 0.56, 1.0),
        ("trades", "entry_price", 10.0, 2.0),
        ("trades", "exit_price", 10.0, -2.0),
        ("equity", "equity", 101.0, 1.0),
        ("orders", "price", 10.0, None),
    ],
)
def test_money_is_told_where_it_can_be(table: str, field: str, value: float, money: float | None):
    (only,) = differences(book(), with_cell(table, 0, field, value))
    assert only.money == (None if money is None else pytest.approx(money))


def test_the_last_bit_is_minor_and_a_tick_is_major():
    (bit,) = differences(book(), with_cell("fills", 0, "price", math.nextafter(11.0, 12.0)))
    (tick,) = differences(book(), with_cell("fills", 0, "price", 11.01))
    (number,) = differences(book(), with_cell("fills", 0, "order_id", 1))
    (flip,) = differences(book(), with_cell("fills", 0, "quantity", -2.0))
    (word,) = differences(book(), with_cell("orders", 0, "status", "rejected"))
    assert (bit.severity, bit.ulps) == (Severity.MINOR, 1)
    assert number.severity is Severity.MINOR
    assert tick.severity is Severity.MAJOR
    assert flip.severity is word.severity is Severity.CRITICAL


def test_a_late_fill_is_told_in_bars():
    late = book([FILLS[0], Fill(3, -2.0, 11.0), Fill(5, 2.0, 10.0)], refused=False)
    found = differences(book(refused=False), late)
    first = found[0]
    assert (first.table, first.row, first.field, first.kind) == ("orders", 2, "timestamp", "late")
    assert (first.bar, first.difference) == (4, 1.0)
    told = tell_headline(first, platform="fake")
    assert "timestamp of an order (row 2)" in told and "1 bar late" in told


def test_a_fill_in_pieces_is_one_divergence():
    whole = [Fill(1, 2.0, 11.0)]
    parts = [Fill(1, 1.5, 11.0), Fill(2, 0.5, 12.0)]
    left, right = ({"fills": book(side)["fills"]} for side in (whole, parts))
    found = [item for item in differences(left, right) if item.table == "fills"]
    (only,) = found
    assert (only.kind, only.row) == (Class.SPLIT, 0)
    assert (only.reference, only.replay) == ("2.0 at 11.0", "1.5 at 11.0 + 0.5 at 12.0")
    (back,) = [item for item in differences(right, left) if item.table == "fills"]
    assert (back.kind, back.reference) == (Class.MERGED, only.replay)


def test_one_missing_order_does_not_make_every_later_id_wrong():
    """Ids count rows; the lone row is the divergence, not the numbers after it."""
    found = differences(book(refused=False), book(FILLS[1:], refused=False))
    assert found[0].kind is Class.MISSING
    assert not [item for item in found if item.field.endswith("_id")]
    later = book()["trades"][1:].with_columns(trade_id=pl.lit(0))
    (only,) = differences(book(), {**book(), "trades": later})
    assert (only.kind, only.row) == (Class.MISSING, 0)


def test_what_concerns_the_whole_run_comes_before_any_bar():
    without = {name: frame for name, frame in book(FILLS[:2]).items() if name != "equity"}
    assert differences(book(), without)[0].kind is Class.ABSENT


def test_everything_before_the_first_divergence_is_the_same():
    found = differences(book(), book(FILLS[:2]))
    assert min(item.bar for item in found if item.bar is not None) == found[0].bar == 4


def test_numbers_of_infinite_and_absent_size_compare():
    infinite = with_cell("orders", 0, "quantity", math.inf)
    assert differences(infinite, infinite) == []
    (only,) = differences(infinite, book())
    assert (only.reference, only.difference, only.money) == (math.inf, None, None)
    blank = with_cell("orders", 0, "price", math.nan)
    assert differences(blank, blank) == []
    (only,) = differences(blank, book())
    assert (only.ulps, only.difference) == (None, None)
    (null,) = differences(blank, with_cell("orders", 0, "price", None))
    assert null.field == "price"


def test_zero_has_no_sign():
    plus = with_cell("trades", 0, "exit_commission", 0.0)
    minus = with_cell("trades", 0, "exit_commission", -0.0)
    assert differences(plus, minus) == []
    richer = {**minus, "equity": minus["equity"].with_columns(pl.col("cash") + 1)}
    assert {item.table for item in differences(plus, richer)} == {"equity"}


def test_a_named_tolerance_covers_its_field_only():
    cents = {"fills.price": Tolerance("cents", "the platform prints cents", absolute=0.02)}
    left, right = book(), with_cell("fills", 1, "price", 11.01)
    assert compare_tables(left, right, tolerances=cents).is_empty()
    wrong = with_cell("orders", 1, "price", 11.01)
    assert compare_tables(left, wrong, tolerances=cents).height == 1
    with pytest.raises(OptionError, match=r"fills\.prize"):
        compare_tables(left, right, tolerances={"fills.prize": cents["fills.price"]})


PLAYED = Recorded(book())
REFUSED = Refused("price_not_positive", "price 0 at bar 3")
UNSUPPORTED = Unsupported("there are no limit orders")


@pytest.mark.parametrize(
    "left, right, same",
    [
        (PLAYED, PLAYED, True),
        (REFUSED, Refused("price_not_positive", "in other words"), True),
        (REFUSED, Refused("size_negative", "price 0 at bar 3"), False),
        (UNSUPPORTED, Unsupported("in other words"), True),
        (PLAYED, REFUSED, False),
        (REFUSED, PLAYED, False),
        (PLAYED, UNSUPPORTED, False),
        (UNSUPPORTED, PLAYED, False),
        (REFUSED, UNSUPPORTED, False),
        (Failed("x"), Failed("x"), False),
        (Missing("peer", "x"), Missing("peer", "x"), False),
        (PLAYED, Failed("x"), False),
        (Missing("reference", "x"), PLAYED, False),
    ],
)
def test_which_outcomes_agree(left: Outcome, right: Outcome, same: bool):
    found = read_divergences(compare(left, right))
    assert (found == ()) is same
    assert all(item.kind is Class.OUTCOME for item in found)


def test_a_refusal_of_one_side_is_told():
    (only,) = read_divergences(compare(REFUSED, PLAYED))
    assert tell_headline(only, platform="fake") == (
        "The first difference is in the whole run: fake refused: price_not_positive, but the "
        "replay played."
    )


def test_a_fingerprint_covers_every_divergence_to_the_bit():
    def mark(price: float, *, fee: float = 0.22) -> str:
        tables = with_cell("fills", 1, "price", price)
        tables["fills"] = tables["fills"].with_columns(
            commission=pl.Series([0.22, 0.22, fee if fee != 0.22 else 0.18])
        )
        return fingerprint_of(compare_tables(book(), tables, clock=CLOCK))

    assert mark(11.01) == mark(11.01)
    assert mark(11.01) != mark(math.nextafter(11.01, 12.0))
    assert mark(11.01) != mark(11.01, fee=0.19)
    assert fingerprint_of(compare_tables(book(), book())) == ""
    without_clock = compare_tables(book(), with_cell("fills", 1, "price", 11.01))
    assert fingerprint_of(without_clock) == mark(11.01)


def test_a_fingerprint_knows_one_zero():
    marks = {
        fingerprint_of(compare_tables(with_cell("trades", 0, "pnl", zero), book()))
        for zero in (0.0, -0.0)
    }
    assert len(marks) == 1


def test_a_fingerprint_is_the_same_on_every_machine():
    """Written down once: a ledger of known divergences outlives machines and versions."""
    found = compare_tables(book(), with_cell("fills", 1, "price", 11.01))
    digest = "bc472f63af4f5ab7429203415c7822c958e34e542aa0051b83b5417a3bdbe557"
    assert fingerprint_of(found) == f"sha256:{digest}"


@given(st.integers(0, 5), st.floats(allow_nan=False, allow_infinity=False, width=64))
def test_any_other_close_of_the_equity_curve_is_found(bar: int, equity: float):
    found = differences(book(), with_cell("equity", bar, "equity", equity))
    same = equity == book()["equity"]["equity"][bar]
    assert [(item.row, item.field) for item in found] == ([] if same else [(bar, "equity")])


def test_the_story_is_counted_by_hand():
    """The numbers of the docstring of fakes."""
    tables = book()
    assert tables["orders"]["cash"].to_list() == pytest.approx([77.78, 99.56, 81.38, 81.38])
    assert tables["equity"]["equity"].to_list() == pytest.approx(
        [100, 99.78, 101.78, 99.56, 99.38, 101.38]
    )
    assert tables["trades"]["pnl"].to_list() == pytest.approx([-0.44, 1.82])
    assert tables["fills"]["price"].to_list() == [CLOSES[1], CLOSES[3], CLOSES[4]]
