"""Every window searched by a study of its own: what it tries, what it may know, what is counted."""

import numpy as np
import polars as pl
import pytest
from markets import Coin, Fade, Hindsight, Holder, moves, noise
from polars.testing import assert_frame_equal

from engine.errors import InputError, SearchError
from engine.optimizer import Objective, generate_grid
from engine.overfit import Track, deflated_sharpe
from engine.strategies.sma_cross import SmaCross
from engine.vectorized import VectorizedEngine
from engine.wfa import Rolling, WalkForwardValidator

RANGES = {"fast": "3:12", "slow": "15:60"}
TRIALS = 20


def walker(train=200, test=50, **more):
    more.setdefault("engine", VectorizedEngine(fee=0.0005))
    more.setdefault("resamples", 50)
    more.setdefault("jobs", 1)
    return WalkForwardValidator(Rolling(train, test), **more)


@pytest.fixture(scope="module", params=["tpe", "cmaes"])
def method(request):
    return request.param


@pytest.fixture(scope="module")
def walked(method):
    return walker().search(noise(600, 1), SmaCross, RANGES, TRIALS, method=method)


def tried(found, window):
    own = found.scores.filter(window_number=window, side="train")
    return list(own.select("fast", "slow").iter_rows())


def test_windows_try_sets_of_their_own_and_take_the_best_of_them(walked):
    for row in walked.windows.iter_rows(named=True):
        sets = tried(walked, row["window_number"])
        assert len(sets) == len(set(sets)) == row["tried"] <= TRIALS
        scores = walked.scores.filter(window_number=row["window_number"], side="train")
        assert row["train_sharpe"] == scores["sharpe"].max()
        assert (row["fast"], row["slow"]) in sets
    assert set(tried(walked, 0)) != set(tried(walked, 1))


def test_figures_are_those_of_the_same_sets_walked_as_a_grid(walked):
    sets = walked.trials.select("fast", "slow")
    grid = walker().run(noise(600, 1), SmaCross, sets)
    own = walked.scores.join(grid.scores, on=["window_number", "side", "trial"], suffix="_grid")
    assert own.height == walked.scores.height
    for name in ("fast", "sharpe", "max_drawdown", "trade_count"):
        assert own[name].equals(own[f"{name}_grid"].alias(name), null_equal=True)
    known = grid.trials.drop("deflated_sharpe")
    assert_frame_equal(walked.trials.drop("deflated_sharpe"), known, check_exact=True)
    assert walked.luck.deflated <= grid.luck.deflated


def test_luck_counts_what_was_tried(walked):
    """The deflated Sharpe ratio of a choice, from the returns of its training by the formula.

    The spread of trials is that of all of them, or of the eight before any was told if they lie
    wider apart.
    """
    different = set().union(*(tried(walked, window) for window in range(8)))
    assert walked.luck.trials == walked.trials.height == len(different)
    row = walked.windows.row(2, named=True)
    scores = walked.scores.filter(window_number=2, side="train")
    ratios = scores["sharpe"].to_numpy() / np.sqrt(walked.year)
    bars = noise(600, 1)
    made = SmaCross(row["fast"], row["slow"]).run(bars.lazy(), debug=True)
    engine = VectorizedEngine(fee=0.0005)
    net = engine.run(made).account.collect()["net"].to_numpy()[100:300]
    spread = max(ratios.var(ddof=1), ratios[:8].var(ddof=1))
    told = deflated_sharpe(Track.of(net), trials=row["tried"], variance=spread)
    assert row["train_deflated_sharpe"] == pytest.approx(told, rel=1e-9)


def test_there_is_no_probability_of_overfitting_and_it_says_so(walked):
    assert walked.overfitting is None
    assert walked.summary()["pbo"] is None
    told = [reason for reason in walked.verdict.reasons if reason.startswith("?")]
    assert len(told) == 1
    assert "every window searched sets of its own" in told[0]


def test_a_search_knows_its_own_training_only(method):
    """Other bars from the end of window 3's training on: windows 0 to 3 try what they tried."""
    bars = noise(600, 1)
    end = 200 + 3 * 50
    other = pl.concat([bars.head(end), noise(600, 2).slice(end)])
    one, two = (
        walker().search(some, SmaCross, RANGES, TRIALS, method=method) for some in (bars, other)
    )
    for window in range(8):
        assert (tried(one, window) == tried(two, window)) == (window <= 3)


def test_the_same_seed_walks_the_same_way_on_any_number_of_threads(walked, method):
    again = walker(jobs=3).search(noise(600, 1), SmaCross, RANGES, TRIALS, method=method)
    assert_frame_equal(again.scores, walked.scores, check_exact=True)
    assert_frame_equal(again.windows, walked.windows, check_exact=True)
    other = walker(seed=1).search(noise(600, 1), SmaCross, RANGES, TRIALS, method=method)
    assert not other.scores.equals(walked.scores)


class Killed(BaseException):
    pass


def test_a_killed_search_goes_on(tmp_path, method):
    scored = []

    class Counted(SmaCross):
        name = "counted"

        def __init__(self, fast=5, slow=20):
            super().__init__(fast, slow)
            scored.append((fast, slow))

    def stop(done, _total, _failed):
        if done >= 2 * 8 * 8:
            raise Killed

    bars, folder = noise(600, 1), tmp_path / "walk"
    whole = walker().search(bars, Counted, RANGES, TRIALS, method=method)
    all_of_it = len(scored)
    scored.clear()
    with pytest.raises(Killed):
        walker(folder=folder, progress=stop).search(bars, Counted, RANGES, TRIALS, method=method)
    first = len(scored)
    assert first > all_of_it / 2
    scored.clear()
    again = walker(folder=folder).search(bars, Counted, RANGES, TRIALS, method=method)
    # The chosen ones and the best of all are made once more each time, to be traded.
    assert first + len(scored) == all_of_it
    assert_frame_equal(again.scores, whole.scores, check_exact=True)
    assert_frame_equal(again.equity, whole.equity, check_exact=True)
    with pytest.raises(InputError, match="holds an earlier walk-forward"):
        walker(folder=folder).search(bars, Counted, RANGES, TRIALS, method=method)


def test_parts_of_another_search_are_not_taken(tmp_path):
    def stop(_done, _total, _failed):
        raise Killed

    with pytest.raises(Killed):
        walker(folder=tmp_path, progress=stop).search(noise(600, 1), SmaCross, RANGES, 8)
    for more in ({"seed": 3}, {"objective": Objective("sortino")}):
        with pytest.raises(InputError, match="holds an earlier walk-forward"):
            walker(folder=tmp_path, **more).search(noise(600, 1), SmaCross, RANGES, 8)


def test_sets_that_break_a_rule_or_come_again_are_not_tried_again():
    found = walker().search(noise(600, 1), SmaCross, {"fast": "3:9", "slow": "6:12"}, 32,
                            where="fast < slow")  # fmt: skip
    assert (found.trials["fast"] < found.trials["slow"]).all()
    few = walker().search(noise(600, 1), Coin, {"number": "0:2"}, 16)
    assert few.windows["tried"].to_list() == [3] * 8
    assert few.luck.trials == 3
    with pytest.raises(SearchError, match="no set that was proposed keeps the rules"):
        walker().search(noise(600, 1), SmaCross, RANGES, 8, where="fast > slow")


def test_a_set_that_fails_is_a_row_with_its_error():
    found = walker().search(noise(600, 1), Fade, {"falls": (2, 3, 13)}, 16)
    assert found.failures["error"].to_list() == ["ValueError: thirteen brings bad luck"]
    assert found.windows["tried"].to_list() == [2] * 8
    assert 13 not in found.windows["falls"].to_list()


def test_a_strategy_that_remembers_is_run_anew_in_its_window():
    found = walker().search(noise(600, 3), Holder, {"falls": "1:6"}, 16)
    grid = walker().run(noise(600, 3), Holder, generate_grid({"falls": range(1, 7)}))
    assert set(found.windows["tried"].to_list()) <= {4, 5, 6}
    everything = grid.scores.drop("trial")
    own = found.scores.drop("trial").join(everything, on=["window_number", "side", "falls"])
    assert own["sharpe"].equals(own["sharpe_right"].alias("sharpe"), null_equal=True)


def test_on_noise_it_says_overfit_and_on_a_planted_signal_it_does_not():
    ranges = {"number": "0:39"}
    words = [
        walker(250, 50).search(noise(750, 100 + seed), Coin, ranges, 24).verdict.word
        for seed in range(6)
    ]
    assert words.count("holds up") == 0
    # 24 of 40 numbers, without order: only windows that found number 3 can trade it.
    found = walker(250, 50).search(noise(750, 200), Hindsight, {"number": range(8)}, 24)
    assert set(found.windows["number"]) == {3}
    assert found.verdict.word == "holds up"


def test_a_trend_that_is_there_holds_up(method):
    for seed in range(2):
        found = walker(480, 120).search(
            moves(2400, seed), SmaCross, {"fast": "3:12", "slow": "20:40"}, 16, method=method
        )
        assert found.verdict.word == "holds up", found.verdict


def test_the_same_call_walks_a_grid_and_random_sets():
    grid = walker().search(noise(600, 1), SmaCross, {"fast": "3:5", "slow": "20,30"}, method="grid")
    assert (grid.trials.height, grid.luck.shared) == (6, True)
    drawn = walker().search(noise(600, 1), SmaCross, RANGES, 7, method="random")
    assert (drawn.trials.height, drawn.luck.shared) == (7, True)
    with pytest.raises(SearchError, match="it is grid, random, tpe or cmaes"):
        walker().search(noise(600, 1), SmaCross, RANGES, method="luck")
    with pytest.raises(SearchError, match="give at least one"):
        walker().search(noise(600, 1), SmaCross, RANGES, 0)
