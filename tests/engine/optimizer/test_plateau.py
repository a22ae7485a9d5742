"""A lone peak ranks below a plain."""

import math

import polars as pl
import pytest

from engine.optimizer.plateau import plateau_scores


def test_the_median_of_what_is_one_step_away():
    # five sets in a row; the peak stands between two losses
    table = pl.DataFrame({"x": [1, 2, 3, 4, 5], "s": [0.0, -1.0, 9.0, -1.0, 2.0]})
    found = plateau_scores(table, ["x"], "s")
    assert found.tolist() == [-0.5, 0.0, -1.0, 2.0, 0.5]


def test_corners_have_fewer_neighbours():
    rows = [(x, y, float(3 * x + y)) for x in range(3) for y in range(3)]
    table = pl.DataFrame(rows, schema=["x", "y", "s"], orient="row")
    found = plateau_scores(table, ["x", "y"], "s")
    assert found[0] == 2.0  # of 0, 1, 3, 4
    assert found[4] == 4.0  # of all nine


def test_what_has_no_order_has_no_neighbour():
    table = pl.DataFrame({"kind": ["a", "b", "a", "b"], "x": [1, 1, 2, 2], "s": [1.0, 9, 3, 5]})
    assert plateau_scores(table, ["kind", "x"], "s").tolist() == [2.0, 7.0, 2.0, 7.0]


def test_a_neighbour_without_a_score_is_as_bad_as_the_worst():
    table = pl.DataFrame({"x": [1, 2, 3], "s": [math.nan, 8.0, -4.0]})
    found = plateau_scores(table, ["x"], "s")
    assert math.isnan(found[0])
    assert found[1:].tolist() == [-4.0, 2.0]
    least = plateau_scores(table, ["x"], "s", descending=False)
    assert least[1:].tolist() == [8.0, 2.0]


def test_scattered_sets_ask_the_nearest():
    x = [0.1 * place for place in range(40)]
    y = [math.sin(place) for place in range(40)]
    table = pl.DataFrame({"x": x, "y": y, "s": [1.0] * 40})
    assert plateau_scores(table, ["x", "y"], "s") == pytest.approx(1.0)


def test_nothing_scored():
    table = pl.DataFrame({"x": [1, 2], "s": [math.nan, math.nan]})
    assert all(math.isnan(one) for one in plateau_scores(table, ["x"], "s"))
