"""Rows are paired by what they did, so that one missing row shifts no other."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from fakes import at, book
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.schema import FILLS
from parity.match import ALIGNMENT, SHAPES, match

CLOCK = pl.Series("timestamp", [at(bar) for bar in range(200)], dtype=pl.Datetime("ms", "UTC"))


def fills(*rows: tuple[Any, ...], symbol: str = "A") -> pl.DataFrame:
    """Rows of bar, quantity, price and perhaps commission and symbol."""
    told = []
    for number, (bar, quantity, price, *more) in enumerate(rows):
        fee = more[0] if more else 0.0
        name = more[1] if len(more) > 1 else symbol
        told.append((number, number, at(bar), name, float(quantity), float(price), float(fee)))
    return pl.DataFrame(told, schema=FILLS, orient="row")


def pairing(left: pl.DataFrame, right: pl.DataFrame, **options: Any) -> list[tuple[Any, ...]]:
    """Reference row, replay row, class."""
    found = match(left, right, SHAPES["fills"], clock=CLOCK, **options)
    return found.select("reference", "replay", "class").rows()


LEDGER = fills((1, 10, 100), (3, -10, 101), (5, 10, 99), (8, -10, 102))


def test_equal_ledgers_pair_row_by_row():
    assert pairing(LEDGER, LEDGER) == [(row, row, "equal") for row in range(4)]


def test_one_missing_fill_leaves_all_others_equal():
    assert pairing(LEDGER, LEDGER[[0, 2, 3]]) == [
        (0, 0, "equal"),
        (1, None, "missing"),
        (2, 1, "equal"),
        (3, 2, "equal"),
    ]


def test_one_extra_fill_leaves_all_others_equal():
    assert pairing(LEDGER[[0, 1, 3]], LEDGER)[2] == (None, 2, "extra")


@pytest.mark.parametrize(
    "changed, word",
    [
        ((3, -10, 101.01), "price"),
        ((3, -9, 101), "quantity"),
        ((3, -9, 101.01), "price"),
        ((3, -10, 101, 0.5), "fee"),
        ((4, -10, 101), "late"),
        ((2, -10, 101), "early"),
        ((5, -10, 107, 0.5), "late"),
        ((3, 10, 101), "quantity"),
    ],
)
def test_a_changed_fill_stays_paired_and_is_named(changed: tuple[Any, ...], word: str):
    replay = fills((1, 10, 100), changed, (5, 10, 99), (8, -10, 102))
    assert sorted(pairing(LEDGER, replay))[1] == (1, 1, word)
    assert Counter(row[2] for row in pairing(LEDGER, replay)) == {"equal": 3, word: 1}


def test_further_away_than_the_window_is_another_fill():
    left, right = fills((1, 10, 100)), fills((5, 10, 100))
    assert pairing(left, right) == [(0, None, "missing"), (None, 0, "extra")]
    assert pairing(left, right, window=4) == [(0, 0, "late")]


def test_the_window_counts_bars_and_not_minutes():
    """Over the week-end one bar is two days."""
    friday, monday = datetime(2024, 1, 5, tzinfo=UTC), datetime(2024, 1, 8, tzinfo=UTC)
    clock = pl.Series([friday, monday], dtype=pl.Datetime("ms", "UTC"))
    left = fills((1, 10, 100)).with_columns(timestamp=pl.lit(friday).cast(clock.dtype))
    right = left.with_columns(timestamp=pl.lit(monday).cast(clock.dtype))
    found = match(left, right, SHAPES["fills"], clock=clock, window=1)
    assert found["class"].to_list() == ["late"]


def test_symbols_do_not_mix():
    left = fills((1, 10, 100, 0, "A"), (1, 10, 100, 0, "B"))
    right = fills((1, 10, 100, 0, "B"), (2, 10, 100, 0, "A"))
    assert pairing(left, right) == [(0, 1, "late"), (1, 0, "equal")]


def test_one_fill_executed_in_pieces():
    left = fills((1, 100, 10), (6, -100, 11))
    right = fills((1, 60, 10), (1, 30, 10.5), (2, 10, 11), (6, -100, 11))
    assert pairing(left, right) == [
        (0, 0, "split"),
        (0, 1, "split"),
        (0, 2, "split"),
        (1, 3, "equal"),
    ]
    assert [row[2] for row in pairing(right, left)] == ["merged"] * 3 + ["equal"]


def test_pieces_must_sum_up():
    left, right = fills((1, 100, 10)), fills((1, 60, 10), (2, 30, 10))
    assert pairing(left, right) == [(0, 0, "quantity"), (None, 1, "extra")]


def test_a_piece_beyond_the_window_is_another_fill():
    left, right = fills((1, 100, 10)), fills((1, 60, 10), (9, 40, 10))
    assert pairing(left, right) == [(0, 0, "quantity"), (None, 1, "extra")]
    assert [row[2] for row in pairing(left, right, window=8)] == ["split"] * 2


def test_halved_sizes_are_quantities_and_not_pieces():
    left = fills(*((bar, 2, 10) for bar in range(1, 5)))
    right = fills(*((bar, 1, 10) for bar in range(1, 5)))
    assert [row[2] for row in pairing(left, right)] == ["quantity"] * 4


def test_two_fills_of_one_bar_pair_by_their_terms():
    left = fills((1, 10, 100), (1, 20, 101))
    right = fills((1, 20, 101), (1, 10, 100))
    assert pairing(left, right) == [(0, 1, "equal"), (1, 0, "equal")]


def test_a_whole_ledger_one_bar_late_is_late_throughout():
    rows = [(bar, 10 * (-1) ** bar, 100 + bar) for bar in range(1, 100)]
    left, right = fills(*rows), fills(*((bar + 1, q, price) for bar, q, price in rows))
    assert pairing(left, right) == [(row, row, "late") for row in range(99)]


def test_orders_without_numbers_pair_too():
    nan = float("nan")
    left, right = fills((1, nan, nan), (2, 1, nan)), fills((1, nan, nan), (2, 1, 5))
    assert [row[2] for row in pairing(left, right)] == ["equal", "price"]


def test_trades_pair_by_entry_and_exit():
    trades, shape = book()["trades"], SHAPES["trades"]
    held = trades.with_columns(exit_time=pl.lit(at(5)).cast(trades["exit_time"].dtype))
    assert match(trades, trades, shape)["class"].to_list() == ["equal", "equal"]
    assert match(trades, held, shape)["class"].to_list() == ["late", "equal"]
    assert match(trades, trades[:1], shape)["class"].to_list() == ["equal", "missing"]


def test_partial_exits_of_one_entry_pair_by_their_exits():
    """Three slices of one entry, the middle one missing."""
    parts = pl.concat([book()["trades"][:1]] * 3).with_columns(
        exit_time=pl.Series([at(2), at(3), at(4)], dtype=pl.Datetime("ms", "UTC"))
    )
    found = match(parts, parts[[0, 2]], SHAPES["trades"])
    assert found.sort("reference")["class"].to_list() == ["equal", "missing", "equal"]


def test_a_trade_is_recognised_by_its_exit_before_its_entry():
    """Bought at 1 and sold at 3; the other side has 2 to 3, and 1 to 5."""
    trade = book()["trades"][:1]
    others = pl.concat([trade] * 2).with_columns(
        entry_time=pl.Series([at(2), at(1)], dtype=pl.Datetime("ms", "UTC")),
        exit_time=pl.Series([at(3), at(5)], dtype=pl.Datetime("ms", "UTC")),
    )
    found = match(trade, others, SHAPES["trades"])
    assert set(found.select("reference", "replay", "class").rows()) == {
        (0, 0, "late"),
        (None, 1, "extra"),
    }


def test_bars_of_the_equity_table_pair_by_account_and_time():
    equity, shape = book()["equity"], SHAPES["equity"]
    richer = equity.with_columns(pl.col("cash") + 1)
    assert set(match(equity, richer, shape)["class"]) == {"equal"}
    assert Counter(match(equity, equity[1:], shape)["class"]) == {"equal": 5, "missing": 1}


def test_nothing_pairs_with_nothing():
    none = LEDGER.clear()
    assert match(none, none, SHAPES["fills"]).schema == ALIGNMENT
    assert [row[2] for row in pairing(none, LEDGER)] == ["extra"] * 4
    assert [row[2] for row in pairing(LEDGER, none)] == ["missing"] * 4


ROWS = st.lists(
    st.tuples(
        st.integers(0, 20),
        st.sampled_from([-2.0, -1.0, 1.0, 2.0]),
        st.sampled_from([9.0, 10.0, 10.5]),
        st.sampled_from([0.0, 0.1]),
        st.sampled_from(["A", "B"]),
    ),
    max_size=30,
)


@given(ROWS)
def test_equal_tables_pair_completely(rows: list[tuple[Any, ...]]):
    table = fills(*rows)
    assert sorted(pairing(table, table)) == [(row, row, "equal") for row in range(len(rows))]


@given(ROWS, st.data())
def test_taking_rows_away_makes_just_these_missing(rows: list[tuple[Any, ...]], data: Any):
    gone = data.draw(st.sets(st.sampled_from(range(len(rows)))) if rows else st.just(set()))
    table = fills(*rows)
    kept = table[[row for row in range(len(rows)) if row not in gone]]
    found = Counter(row[2] for row in pairing(table, kept))
    assert found == Counter({"equal": len(rows) - len(gone), "missing": len(gone)}) - Counter()


@settings(max_examples=40)
@given(ROWS, ROWS)
def test_every_row_is_accounted_for_and_paired_once(left: list[Any], right: list[Any]):
    found = pairing(fills(*left), fills(*right))
    one = [row for row in found if row[2] not in ("split", "merged")]
    for side, rows in ((0, left), (1, right)):
        assert {row[side] for row in found} - {None} == set(range(len(rows)))
        alone = [row[side] for row in one if row[side] is not None]
        assert len(alone) == len(set(alone))


def test_twice_the_rows_take_the_same_number_of_passes(monkeypatch: pytest.MonkeyPatch):
    """The work per pass is a hash join; the passes do not grow with the rows."""
    calls = []
    real = pl.DataFrame.join
    monkeypatch.setattr(pl.DataFrame, "join", lambda *a, **k: calls.append(1) or real(*a, **k))
    counts = []
    for size in (50, 100):
        rows = [(bar, 1 + bar % 7, 100 + bar % 11) for bar in range(size)]
        late = [(bar + 2, q, price + 0.5) for bar, q, price in rows[::2]]
        calls.clear()
        pairing(fills(*rows), fills(*late))
        counts.append(len(calls))
    assert 0 < counts[0] == counts[1]
