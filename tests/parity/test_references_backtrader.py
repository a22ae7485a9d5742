"""What the real backtrader answered, against numbers worked out by hand from its known rules."""

from __future__ import annotations

import polars as pl
import pytest

from parity.platforms import find_platforms
from parity.select import choose_one
from parity.suite import REFERENCES

SIBLINGS, BRACKET = find_platforms("backtrader")


def answered(name: str, table: str, peer: object = SIBLINGS) -> pl.DataFrame:
    """A stored table with bars by number in place of times."""
    clock = choose_one(name).bars["timestamp"].unique().sort()
    rows = pl.read_parquet(REFERENCES / name / peer.id / f"{table}.parquet")  # type: ignore[attr-defined]
    return rows.with_columns(bar=clock.search_sorted(rows["timestamp"]))


def fills(name: str, peer: object = SIBLINGS) -> list[tuple[int, float, float]]:
    return answered(name, "fills", peer).select("bar", "quantity", "price").rows()


@pytest.mark.parametrize("peer", [SIBLINGS, BRACKET], ids=["siblings", "bracket"])
@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("tape_entry_bar_reaches_both", [(3, 10, 100), (5, -10, 95)]),
        ("tape_opens_above_the_target", [(3, 10, 100), (5, -10, 95)]),
        ("tape_target_before_stop", [(3, 10, 100), (5, -10, 105)]),
        ("tape_sell_stop_gapped_through", [(1, 10, 100), (2, -10, 94)]),
        ("tape_buy_limit_gapped_better", [(2, 10, 90)]),
        ("tape_trailing_peak_and_fall_in_one_bar", [(1, 10, 100), (2, -10, 97)]),
        ("tape_market_order_with_an_end", [(1, 10, 100)]),
        ("tape_huge_short", [(1, -1_000_000, 100)]),
        ("tape_large_then_small", []),
        ("tape_small_then_large", [(1, 1, 100)]),
        ("tape_gap_makes_it_dear", []),
        ("tape_price_jumps_between_parts", [(1, 60, 100)]),
        ("tape_part_of_an_oco_leg", [(1, 10, 100), (2, -4, 105), (3, -6, 105)]),
        ("bt_close_cheat_capped_by_the_next_bar", [(0, 10, 99.5)]),
        ("bt_open_cheat_stop", [(1, 10, 104)]),
        ("bt_stop_before_its_entry", [(1, -10, 95), (1, 10, 96)]),
    ],
)
def test_edge_cases(name: str, answer: list[tuple[int, float, float]], peer: object) -> None:
    assert fills(name, peer) == answer


def test_a_limit_filled_on_a_bar_that_was_past() -> None:
    assert fills("tape_limit_over_a_missing_bar") == [(0, 10, 45), (1, 10, 100)]


def test_a_sell_limit_slipped_below_the_low_of_its_bar() -> None:
    sold = answered("bt_sell_limit_slips_below_the_low", "fills").filter(pl.col("quantity") < 0)
    assert sold["price"].to_list() == [98.0]


def test_idioms_part_where_a_child_is_refused() -> None:
    native = answered("bt_child_refused_at_the_check", "orders", BRACKET)
    assert native["reason"].to_list() == ["canceled", "margin"]
    separate = answered("bt_child_refused_at_the_check", "orders")
    assert separate["reason"].to_list() == ["completed", "margin"]


def test_a_position_of_tenths_that_never_closes() -> None:
    orders = answered("tape_tenths_do_not_add_up", "orders")
    assert orders["position"].to_list()[-1] == 5.551115123125783e-17
