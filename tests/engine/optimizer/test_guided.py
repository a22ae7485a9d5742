"""Searches that learn: they find what is there, the same again, and go on after a stop."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from searches import Above, days, minutes

from engine.errors import SearchError
from engine.optimizer import Objective, ParamOptimizer
from engine.overfit import expected_max_sharpe
from engine.strategies.sma_cross import SmaCross

BARS = minutes(1500)
RANGES = {"fast": "5:50", "slow": "20:200:log", "short": (0.0, -1.0)}


def search(method, trials=24, jobs=2, **options):
    optimizer = ParamOptimizer(jobs=jobs, progress=options.pop("progress", lambda *_: None))
    return optimizer.search(
        BARS, SmaCross, RANGES, trials, method=method, where="fast < slow", **options
    )


@pytest.mark.parametrize("method", ["tpe", "cmaes"])
def test_a_guided_search_goes_where_it_is_good(method):
    # from 50 to 200 a day at a time: the lower the level, the longer the strategy is in
    rising = days([50.0 + day for day in range(150)])
    optimizer = ParamOptimizer(objective=Objective("exposure"))
    found = optimizer.search(rising, Above, {"level": "50.0:200.0"}, 48, method=method)
    first, last = found.table["level"].head(8).mean(), found.table["level"].tail(16).mean()
    assert last < 80 < first


@pytest.mark.parametrize("method", ["tpe", "cmaes"])
def test_threads_do_not_matter_and_a_stop_neither(method, tmp_path):
    whole = search(method, jobs=1, prune=True)
    assert_frame_equal(whole.table, search(method, jobs=3, prune=True).table)

    def stop(done, _total, _failed):
        if done >= 16:
            raise KeyboardInterrupt

    part = search(method, prune=True, out=tmp_path, progress=stop)
    assert not part.complete
    assert part.table.height == 16
    more = search(method, prune=True, out=tmp_path, resume=True)
    assert more.complete
    assert_frame_equal(whole.table, more.table)
    with pytest.raises(SearchError, match="its method is"):
        search(method, out=tmp_path, resume=True, seed=5)


def test_sets_that_break_a_rule_are_not_scored():
    found = search("tpe", trials=32).table
    broken = found.filter(found["fast"] >= found["slow"])
    assert broken.height
    assert set(broken["status"]) == {"pruned"}
    assert set(broken["error"]) == {"breaks a rule"}
    assert broken["sharpe"].is_nan().all()


def test_sets_that_are_behind_are_dropped():
    found = search("tpe", trials=32, prune=True).table
    assert found["error"].str.contains("behind after").any()
    kept = found.filter(found["status"] == "scored")
    assert kept.height
    whole = ParamOptimizer().run_parallel(BARS, SmaCross, kept.select(*RANGES))
    assert whole.table["sharpe"].to_list() == kept["sharpe"].to_list()


@pytest.mark.parametrize("method", ["tpe", "cmaes"])
def test_a_set_that_comes_again_is_no_further_trial(method):
    found = ParamOptimizer().search(BARS, SmaCross, {"fast": "5:7"}, 24, method=method)
    scored = found.table.filter(pl.col("status") == "scored")
    assert sorted(scored["fast"]) == [5, 6, 7]
    again = found.table.filter(pl.col("status") == "repeated")
    assert again.height == 21
    first = dict(scored.select("fast", "trial").iter_rows())
    told = [f"the same as trial {first[fast]}" for fast in again["fast"]]
    assert again["error"].to_list() == told
    assert found.luck.trials == 3
    grid = ParamOptimizer().run_parallel(BARS, SmaCross, [{"fast": fast} for fast in (5, 6, 7)])
    assert sorted(found.ranked["plateau"]) == sorted(grid.ranked["plateau"])


def test_the_first_eight_knew_nothing_of_one_another():
    found = search("cmaes", trials=24)
    ratios = found.table["sharpe"].to_numpy() / found.table["periods_per_year"].to_numpy() ** 0.5
    spread = max(ratios[some][np.isfinite(ratios[some])].var(ddof=1) for some in (..., slice(8)))
    told = expected_max_sharpe(np.isfinite(ratios).sum(), spread)
    assert found.luck.benchmark == pytest.approx(told, rel=1e-12)


def test_random_and_grid_by_the_same_call():
    assert search("random", trials=10).table.height == 10
    optimizer = ParamOptimizer()
    grid = optimizer.search(BARS, SmaCross, {"fast": "5:7", "slow": "20,30"}, method="grid")
    assert grid.table.height == 6
    with pytest.raises(SearchError, match="it is grid, random"):
        search("annealing")


def test_all_sets_fail():
    ranges = {"level": (0.0,), "share": "0.1:1.0"}
    found = ParamOptimizer().search(days([1.0, 2, 3]), Above, ranges, 4, method="tpe")
    assert found.failures.height == 4
    with pytest.raises(SearchError, match="4 failed"):
        _ = found.best
