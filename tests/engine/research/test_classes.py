"""A map of sets that share no value has classes of neighbouring ones; a grid stays as it is."""

import polars as pl

from engine.research.classes import in_classes


def test_sets_of_a_grid_stay_as_they_are():
    grid = pl.DataFrame({"fast": [1, 1, 2, 2], "slow": [10, 20, 10, 20]})
    assert in_classes(grid, ("fast", "slow")) is grid


def test_values_become_classes_named_by_their_lowest():
    """Nine sets on a diagonal: three classes of three values in each direction."""
    sets = pl.DataFrame({"fast": range(1, 10), "share": [place / 7 for place in range(9)]})
    found = in_classes(sets, ("fast", "share"))
    assert found["fast"].to_list() == [1, 1, 1, 4, 4, 4, 7, 7, 7]
    assert found["share"].to_list() == [0.0] * 3 + [0.429] * 3 + [0.857] * 3


def test_what_is_no_number_or_has_few_values_stays():
    sets = pl.DataFrame(
        {"fast": range(1, 17), "side": ["long", "short"] * 8, "level": list(range(16))}
    )
    found = in_classes(sets, ("fast", "level"))
    assert found["side"].to_list() == sets["side"].to_list()
    assert found["fast"].n_unique() == 4
    assert in_classes(sets, ("fast", "side"))["side"].to_list() == sets["side"].to_list()
