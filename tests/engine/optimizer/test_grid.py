"""Ranges as they are written, and the sets that come of them."""

import polars as pl
import pytest

from engine.errors import SearchError
from engine.optimizer import Choice, Integers, Reals, generate_grid, random_grid
from engine.optimizer.space import read_space


@pytest.mark.parametrize(
    ("text", "space"),
    [
        ("5:50:5", Integers(5, 50, 5)),
        ("5:50", Integers(5, 50)),
        ("5:500:log", Integers(5, 500, log=True)),
        ("0.01:0.5", Reals(0.01, 0.5)),
        ("0:1:0.25", Reals(0.0, 1.0, 0.25)),
        ("0.001:1:log", Reals(0.001, 1.0, log=True)),
        ("a, b", Choice(("a", "b"))),
        ("1,2.5", Choice((1.0, 2.5))),
        ("true,false", Choice((True, False))),
        ("20", Choice((20,))),
    ],
)
def test_ranges_as_text(text, space):
    assert read_space("x", text) == space


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("50:5", "empty"),
        (",", "empty"),
        ("a:b", "from:to"),
        ("0:9:log", "low"),
        ("1:2:3:4", "from"),
    ],
)
def test_ranges_that_are_none(text, words):
    with pytest.raises(SearchError, match=words):
        read_space("fast", text)


def test_both_ends_belong_to_a_range():
    assert generate_grid({"x": "5:15:5"})["x"].to_list() == [5, 10, 15]
    assert generate_grid({"x": "0:0.3:0.1"})["x"].to_list() == [0.0, 0.1, 0.2, 0.3]


def test_the_last_range_is_the_fastest():
    grid = generate_grid({"fast": [1, 2], "kind": ["a", "b", "c"]})
    assert grid.rows() == [(1, "a"), (1, "b"), (1, "c"), (2, "a"), (2, "b"), (2, "c")]


@pytest.mark.parametrize(
    "rule", ["fast < slow", pl.col("fast") < pl.col("slow"), lambda row: row["fast"] < row["slow"]]
)
def test_rules_drop_sets(rule):
    grid = generate_grid({"fast": range(1, 4), "slow": range(2, 4)}, where=rule)
    assert grid.rows() == [(1, 2), (1, 3), (2, 3)]


def test_an_empty_grid_is_an_error():
    with pytest.raises(SearchError, match="no parameter"):
        generate_grid({})
    with pytest.raises(SearchError, match="fast: the range is empty"):
        generate_grid({"fast": []})
    with pytest.raises(SearchError, match="keeps the rules"):
        generate_grid({"fast": "5:9"}, where="fast > 9")
    with pytest.raises(SearchError, match="cannot be read"):
        generate_grid({"fast": "5:9"}, where="fats > 9")
    with pytest.raises(SearchError, match="several kinds"):
        generate_grid({"fast": [1, "a"]})
    with pytest.raises(SearchError, match="has no step"):
        generate_grid({"share": "0.1:0.2"})
    with pytest.raises(SearchError, match="up to"):
        generate_grid({"a": "1:10000", "b": "1:10000"})


def test_the_same_seed_draws_the_same_sets():
    ranges = {"fast": "5:500:log", "share": "0.1:0.9", "kind": "a,b"}
    one, other = (random_grid(ranges, 50, seed=seed) for seed in (7, 7))
    assert one.equals(other)
    assert not one.equals(random_grid(ranges, 50, seed=8))
    assert one["fast"].is_between(5, 500).all()
    assert one["share"].is_between(0.1, 0.9).all()


def test_by_ratio_low_numbers_come_as_often_as_high_ones():
    drawn = random_grid({"x": "1:10000:log", "y": "0.0:1.0"}, 4000, seed=1)["x"]
    below = (drawn <= 100).mean()
    assert 0.45 < below < 0.58


def test_sets_are_drawn_once_and_keep_the_rules():
    grid = random_grid({"fast": "1:4", "slow": "1:4"}, 100, seed=3, where="fast < slow")
    assert sorted(grid.rows()) == [(1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4)]
    with pytest.raises(SearchError, match="keeps the rules"):
        random_grid({"fast": "1:4"}, 5, where="fast > 4")
    with pytest.raises(SearchError, match="at least one"):
        random_grid({"fast": "1:4"}, 0)
