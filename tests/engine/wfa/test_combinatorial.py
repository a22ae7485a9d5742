"""Splits and paths by hand, and what they say of noise and of a planted signal."""

import math

import numpy as np
import pytest
from markets import Coin, Hindsight, noise

from engine.errors import SearchError, WindowError
from engine.optimizer import Objective, generate_grid
from engine.strategies.sma_cross import SmaCross
from engine.vectorized import VectorizedEngine
from engine.wfa import Combinatorial, CombinatorialValidator

COINS = generate_grid({"number": range(30)})


def test_six_groups_of_which_two_are_tested():
    """Fifteen splits and five paths, as the book counts them."""
    cv = Combinatorial(6, 2)
    assert (cv.split_count, cv.path_count) == (15, 5)
    splits = cv.splits(60)
    assert splits[0].groups == (0, 1)
    assert splits[0].test == ((0, 10), (10, 20))
    assert splits[0].train == ((20, 60),)
    assert splits[7].groups == (1, 4)
    assert splits[7].train == ((0, 10), (20, 40), (50, 60))


def test_ten_groups_of_which_eight_are_tested():
    cv = Combinatorial(10, 8)
    assert (cv.split_count, cv.path_count) == (45, 36)


def test_each_path_tests_every_group_once_and_uses_every_test_once():
    cv = Combinatorial(6, 2)
    paths, splits = cv.paths(), cv.splits(60)
    assert paths.shape == (5, 6)
    used = {(int(split), group) for path in paths for group, split in enumerate(path)}
    assert len(used) == 30
    assert all(group in splits[split].groups for split, group in used)


def test_purge_on_both_sides_and_embargo_after():
    split = Combinatorial(3, 1, purge=1, embargo=2).splits(30)[1]
    assert split.test == ((10, 20),)
    assert split.train == ((0, 9), (23, 30))


def test_uneven_groups_are_longer_first():
    assert [split.test for split in Combinatorial(3, 1).splits(11)] == [
        ((0, 4),),
        ((4, 8),),
        ((8, 11),),
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"groups": 4, "tested": 4}, "1 to 3"),
        ({"groups": 4, "tested": 0}, "1 to 3"),
        ({"purge": -1}, "negative"),
        ({"groups": 30, "tested": 15}, "splits"),
    ],
)
def test_what_cannot_be_split(given, message):
    with pytest.raises(WindowError, match=message):
        Combinatorial(**given)


def test_bars_that_cannot_be_split():
    with pytest.raises(WindowError, match="cannot fill"):
        Combinatorial(10, 2).splits(9)
    with pytest.raises(WindowError, match="fewer than two bars"):
        Combinatorial(4, 2, purge=10).splits(20)


def test_paths_of_noise_and_of_a_planted_signal():
    cv = CombinatorialValidator(Combinatorial(6, 2), jobs=1)
    blind = cv.run(noise(600, 3), Coin, COINS)
    assert blind.splits.height == 15
    assert blind.paths.height == 5
    assert blind.splits["train_sharpe"].min() > blind.splits["test_sharpe"].mean()
    seer = cv.run(noise(600, 3), Hindsight, COINS)
    assert set(seer.splits["number"]) == {3}
    assert seer.paths["sharpe"].min() > 2.0
    assert seer.loss == 0.0


def test_a_path_by_hand():
    """One set only: every path is the whole history of that set, cut and put together again."""
    bars, grid = noise(300, 7), generate_grid({"fast": [5], "slow": [20]})
    engine = VectorizedEngine(fee=0.001)
    told = CombinatorialValidator(Combinatorial(5, 2), engine, jobs=1).run(bars, SmaCross, grid)
    run = engine.run(SmaCross(5, 20).run(bars.lazy(), debug=True))
    whole = dict(run.metrics.iter_rows())
    for path in told.paths.iter_rows(named=True):
        assert path["sharpe"] == pytest.approx(whole["sharpe"], rel=1e-12)
        assert path["total_return"] == pytest.approx(whole["total_return"], rel=1e-12)
        assert path["max_drawdown"] == pytest.approx(whole["max_drawdown"], rel=1e-12)
    net = run.account.collect()["net"].to_numpy()
    tested = np.concatenate([net[0:60], net[120:180]])
    split = told.splits.row(1, named=True)
    assert split["groups"] == [0, 2]
    sharpe = tested.mean() / tested.std(ddof=1) * math.sqrt(365)
    assert split["test_sharpe"] == pytest.approx(sharpe, rel=1e-12)


def test_nothing_to_choose():
    cv = CombinatorialValidator(Combinatorial(4, 1), objective=Objective(min_trades=999), jobs=1)
    with pytest.raises(SearchError, match="groups"):
        cv.run(noise(100, 1), SmaCross, generate_grid({"fast": [2], "slow": [5]}))
    with pytest.raises(WindowError, match="put together"):
        CombinatorialValidator(objective=Objective("sqn")).run(noise(100, 1), Coin, COINS)
