"""From columns into a loop and back: what has no value, however often and on whatever it is run."""

import itertools
import pickle

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from engine.indicators import bbands, sma

MEAN = sma("close", 3)
NAN = float("nan")


def means(*closes, of=MEAN):
    frame = pl.DataFrame({"close": pl.Series(closes, dtype=pl.Float64(), strict=False)})
    return frame.select(of.alias("mean"))["mean"].to_list()


def test_one_expression_on_bars_with_and_without_gaps():
    assert means(1, 2, 3, 4) == [None, None, 2.0, 3.0]
    assert means(1, 2, 3, 4, 8) == [None, None, 2.0, 3.0, 5.0]
    assert means(1, None, 3, 4, 8) == [None, None, None, None, 5.0]
    assert means(1, 2, 3, NAN, 5) == [None, None, 2.0, None, None]
    assert means(1, 2, 3, 4) == [None, None, 2.0, 3.0]


def test_fewer_bars_than_had_no_value_before():
    assert means(1, 2, 3) == [None, None, 2.0]
    assert means(5) == [None]
    assert means() == []
    assert means(1, 2, 3) == [None, None, 2.0]


def test_as_many_bars_without_a_value_but_others():
    """Both have two, first at the start, then at the end."""
    assert means(1, 2, 6) == [None, None, 3.0]
    assert means(7, 9, NAN, NAN, of=sma("close", 1)) == [7.0, 9.0, None, None]
    once = sma("close", 1)
    assert means(NAN, NAN, 7, 9, of=once) == [None, None, 7.0, 9.0]
    assert means(7, 9, NAN, NAN, of=once) == [7.0, 9.0, None, None]


def test_symbols_with_gaps_of_their_own():
    frame = pl.DataFrame(
        {
            "symbol": ["A"] * 4 + ["B"] * 4 + ["C"] * 4,
            "close": [1.0, 2.0, 3.0, 4.0, None, 2.0, 4.0, 6.0, 3.0, 3.0, 3.0, None],
        }
    )
    found = frame.select(MEAN.over("symbol").alias("mean"))["mean"].to_list()
    assert found == [None, None, 2.0, 3.0, None, None, None, 4.0, None, None, 3.0, None]


def test_lines_of_a_struct_have_the_same_gaps():
    bands = bbands("close", 2)
    for closes in ([1.0, 3.0, 3.0], [1.0, None, 3.0, 5.0], [1.0, 3.0, None]):
        found = pl.DataFrame({"close": closes}).select(bands.alias("b")).unnest("b")
        assert found.columns == ["upper", "middle", "lower"]
        middle = found["middle"].to_list()
        means_of_two = [a and b and (a + b) / 2 for a, b in itertools.pairwise(closes)]
        assert middle == [None, *means_of_two]
        assert found["upper"].is_null().to_list() == [value is None for value in middle]


def test_one_indicator_made_twice_has_the_same_bytes():
    """By those searches know which columns they have, and clusters send them."""
    before = sma("close", 3).meta.serialize()
    assert means(1, 2, 3, of=sma("close", 3)) == [None, None, 2.0]
    assert sma("close", 3).meta.serialize() == before
    assert sma("close", 4).meta.serialize() != before
    assert means(1, 2, 3, of=pl.Expr.deserialize(before)) == [None, None, 2.0]
    sent = pickle.loads(pickle.dumps(bbands("close", 2)))
    assert means(1, 3, of=sent.struct.field("middle")) == [None, 2.0]


@pytest.mark.parametrize("dtype", [pl.Float32(), pl.Int32(), pl.UInt8()])
def test_columns_of_any_number(dtype):
    frame = pl.DataFrame({"close": [1, 2, None, 3, 4, 5]})
    one, other = (frame.cast(kind).select(MEAN) for kind in (dtype, pl.Float64()))
    assert_frame_equal(one, other)
