"""Scores of a search: the same as the engine's own, whoever computes them, and none is lost."""

import subprocess
import sys
import time

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from searches import Above, days, minutes

from engine.errors import SearchError, StrategyError
from engine.optimizer import Objective, ParamOptimizer, Scorer, generate_grid
from engine.optimizer.batch import near_first
from engine.optimizer.trial import QUICK, SCREENED, TAILS
from engine.strategies.sma_cross import SmaCross
from engine.strategy import StrategyBase
from engine.vectorized import VectorizedEngine

BARS = minutes(2000)
ENGINE = VectorizedEngine(fee=0.0005)
GRID = generate_grid({"fast": "5:25:5", "slow": "20:60:10"})
RELATIVE = 1e-12


class Plain(SmaCross):
    """The same cross without compiled code."""

    def batch_kernel(self):
        return None


class Own(SmaCross):
    """The same cross with indicators of its own making."""

    def add_indicators(self, lf):
        return lf.with_columns(**self.indicators())

    def batch_kernel(self):
        return None


def screened(strategy, bars, engine=ENGINE):
    metrics = engine.run(strategy.run(bars.lazy(), debug=True)).metrics
    return {name: value for name, value in metrics.iter_rows() if name in QUICK}


@pytest.mark.parametrize("kind", [SmaCross, Plain, Own])
@pytest.mark.parametrize("short", [0.0, -1.0, -0.5])
def test_scores_are_those_of_the_engine(kind, short):
    scores = ParamOptimizer(ENGINE).run_parallel(
        BARS, kind, [{"fast": 7, "slow": 30}, {"fast": 12, "slow": 90}], fixed={"short": short}
    )
    for row in scores.table.iter_rows(named=True):
        own = screened(kind(row["fast"], row["slow"], short), BARS)
        assert row["trade_count"] > 0
        assert {name: row[name] for name in QUICK} == pytest.approx(
            own, rel=RELATIVE, abs=0, nan_ok=True
        )


@pytest.mark.parametrize("execution", ["close", "next_close"])
def test_at_every_price(execution):
    engine = VectorizedEngine(execution, fee={"BTCUSDT": 0.001}, slippage="spread")
    bars = BARS.with_columns(spread=0.0001)
    row = ParamOptimizer(engine).run_parallel(bars, SmaCross, [{"fast": 7, "slow": 30}]).table
    own = screened(SmaCross(7, 30), bars, engine)
    assert row.select(QUICK).row(0, named=True) == pytest.approx(own, rel=RELATIVE, nan_ok=True)


def test_several_symbols_share_an_account():
    both = pl.concat([BARS, BARS.with_columns(symbol=pl.lit("B"))])
    row = ParamOptimizer(ENGINE).run_parallel(both, SmaCross, [{"fast": 7, "slow": 30}]).table
    own = screened(SmaCross(7, 30), both)
    assert row.select(QUICK).row(0, named=True) == pytest.approx(own, rel=RELATIVE, nan_ok=True)


def test_tails_when_they_are_asked_for():
    optimizer = ParamOptimizer(ENGINE, metrics=("value_at_risk",))
    row = optimizer.run_parallel(BARS, SmaCross, [{"fast": 7, "slow": 30}]).table
    strategy = SmaCross(7, 30).run(BARS.lazy(), debug=True)
    assert (
        row["value_at_risk"][0] == dict(ENGINE.run(strategy).metrics.iter_rows())["value_at_risk"]
    )
    with pytest.raises(SearchError, match="no metrics"):
        ParamOptimizer(metrics=("speed",)).run_parallel(BARS, SmaCross, [{"fast": 7}])
    assert set(QUICK) < set(SCREENED)


def test_what_needs_every_return_is_the_engine_s_own():
    optimizer = ParamOptimizer(ENGINE, metrics=SCREENED)
    row = optimizer.run_parallel(BARS, SmaCross, [{"fast": 7, "slow": 30}]).table
    own = dict(ENGINE.run(SmaCross(7, 30).run(BARS.lazy(), debug=True)).metrics.iter_rows())
    for name in TAILS:
        assert row[name][0] == own[name]
    quick = ParamOptimizer(ENGINE).run_parallel(BARS, SmaCross, [{"fast": 7, "slow": 30}]).table
    assert not set(TAILS) & set(quick.columns)


def test_a_window_is_scored_as_if_it_were_alone():
    clock = BARS["timestamp"]
    windows = [(clock[300], clock[900]), (clock[900], clock[1999])]
    found = ParamOptimizer(ENGINE).run_windows(BARS, SmaCross, [{"fast": 7, "slow": 30}], windows)
    assert found["window_number"].to_list() == [0, 1]
    frame = SmaCross(7, 30).run(BARS.lazy(), debug=True).collect()
    for row, (start, end) in zip(found.iter_rows(named=True), windows, strict=True):
        part = frame.filter(pl.col("timestamp") >= start, pl.col("timestamp") < end)
        own = dict(ENGINE.run(part).metrics.iter_rows())
        for name in QUICK:
            assert row[name] == pytest.approx(own[name], rel=RELATIVE, abs=0, nan_ok=True), name


def test_a_window_without_bars_is_an_error():
    clock = BARS["timestamp"]
    with pytest.raises(SearchError, match="no bar lies between"):
        ParamOptimizer().run_windows(BARS, SmaCross, GRID, [(clock[5], clock[5])])
    with pytest.raises(SearchError, match="no window"):
        ParamOptimizer().run_windows(BARS, SmaCross, GRID, [])


def test_the_number_of_threads_does_not_matter():
    one, three = (ParamOptimizer(ENGINE, jobs=jobs) for jobs in (1, 3))
    assert_frame_equal(
        one.run_parallel(BARS, SmaCross, GRID).table,
        three.run_parallel(BARS, SmaCross, GRID).table,
        check_exact=True,
    )


def test_a_set_that_fails_is_a_row():
    grid = [{"level": 101.0}, {"level": 0.0}, {"level": 102.0}]
    scores = ParamOptimizer().run_parallel(days([100, 103, 101.5, 104, 99]), Above, grid)
    assert scores.table["status"].to_list() == ["scored", "failed", "scored"]
    assert scores.failures.rows() == [(1, 0.0, "ValueError: a level of 0")]
    assert scores.table["sharpe"].is_nan().to_list()[1]
    sma = ParamOptimizer().run_parallel(BARS, SmaCross, [{"fast": 0, "slow": 5}])
    assert "fast is 0" in sma.failures["error"][0]


def test_a_panic_of_polars_is_one_failure():
    class Panics(Above):
        def signal(self):
            if self.level > 200:
                raise pl.exceptions.PanicException("index out of bounds")
            return super().signal()

    grid = [{"level": 101.0}, {"level": 201.0}]
    scores = ParamOptimizer().run_parallel(days([100, 103, 101.5]), Panics, grid)
    assert scores.failures.rows() == [(1, 201.0, "PanicException: index out of bounds")]


def test_shares_are_scored_by_the_engine():
    bars = days([100.0, 103, 101.5, 104, 99, 105, 106])
    grid = [{"level": 101.0, "share": 0.5}]
    row = ParamOptimizer(VectorizedEngine(fee=0.01)).run_parallel(bars, Above, grid).table
    # half in from the second close on: each day's half return, and costs of half the price
    assert row["turnover"][0] == pytest.approx(1.5)
    assert row["commission"][0] == pytest.approx(0.015)


def test_names_that_cannot_be():
    with pytest.raises(SearchError, match="no parameter 'fats'"):
        ParamOptimizer().run_parallel(BARS, SmaCross, [{"fats": 5}])
    with pytest.raises(SearchError, match="searched and fixed"):
        ParamOptimizer().run_parallel(BARS, SmaCross, GRID, fixed={"fast": 5})
    with pytest.raises(SearchError, match="is empty"):
        ParamOptimizer().run_parallel(BARS, SmaCross, [])
    with pytest.raises(SearchError, match="other names"):
        ParamOptimizer().run_parallel(BARS, SmaCross, [{"fast": 5}, {"slow": 5}])

    class Clash(Above):
        def __init__(self, sharpe=1):
            super().__init__(sharpe)

    with pytest.raises(SearchError, match="name of a column"):
        ParamOptimizer().run_parallel(BARS, Clash, [{"sharpe": 5}])


def test_no_set_counts():
    rising = days([100.0, 101, 102])
    never = ParamOptimizer().run_parallel(rising, Above, [{"level": 500.0}, {"level": 0.0}])
    with pytest.raises(SearchError, match=r"1 failed .*a level of 0.*1 have none"):
        _ = never.best
    strict = ParamOptimizer(objective=Objective(min_trades=10_000)).run_parallel(
        BARS, SmaCross, GRID
    )
    with pytest.raises(SearchError, match="break a rule or trade too little"):
        _ = strict.best_params


def test_rules_on_results():
    every = ParamOptimizer(ENGINE).run_parallel(BARS, SmaCross, GRID)
    middle = every.table["trade_count"].median()
    optimizer = ParamOptimizer(ENGINE).with_objective(where=f"trade_count > {middle}")
    some = optimizer.run_parallel(BARS, SmaCross, GRID)
    assert some.best["trade_count"] > middle
    assert some.best["sharpe"] == every.table.filter(pl.col("trade_count") > middle)["sharpe"].max()
    with pytest.raises(SearchError, match="no metric 'profit'"):
        Objective("profit")


def test_less_is_better_where_it_is_for_everybody():
    table = ParamOptimizer(ENGINE, Objective("volatility")).run_parallel(BARS, SmaCross, GRID)
    assert table.best["volatility"] == table.table["volatility"].min()
    least = ParamOptimizer(ENGINE, Objective("sharpe", maximize=False))
    scores = least.run_parallel(BARS, SmaCross, GRID)
    assert scores.best["sharpe"] == scores.table["sharpe"].min()


def test_every_indicator_is_computed_once():
    scorer = Scorer(BARS, ENGINE)
    for fast in (5, 10, 15):
        for slow in (20, 30):
            scorer.score(SmaCross(fast, slow))
    assert scorer.shared.computed == 5


def test_a_heat_map_has_the_best_of_each_cell():
    grid = generate_grid({"fast": [5, 10], "slow": [20, 30], "short": [0.0, -1.0]})
    scores = ParamOptimizer(ENGINE).run_parallel(BARS, SmaCross, grid)
    cells = scores.heat("fast", "slow")
    assert cells.columns == ["fast", "20", "30"]
    own = scores.table.filter(pl.col("fast") == 5, pl.col("slow") == 30)["sharpe"]
    assert cells["30"][0] == own.max()
    assert scores.heat("fast", "slow", how="median")["30"][0] == own.median()
    with pytest.raises(SearchError, match="is no parameter"):
        scores.heat("fast", "sharpe")


def test_progress_is_heard():
    heard = []
    optimizer = ParamOptimizer(jobs=1, progress=lambda *told: heard.append(told))
    optimizer.run_parallel(BARS, SmaCross, GRID)
    failed = 2  # fast 20 and slow 20, fast 25 and slow 20
    assert heard == [(0, 25, 0), (25, 25, failed)]


class Stop(Exception):
    pass


def test_after_ctrl_c_what_was_done_comes_back_marked():
    grid = generate_grid({"fast": "2:60", "slow": "61:70"})

    def stop(done, _total, _failed):
        if done >= 128:
            raise KeyboardInterrupt

    scores = ParamOptimizer(jobs=1, progress=stop).run_parallel(BARS, SmaCross, grid)
    assert not scores.complete
    assert scores.table.height == 128
    assert scores.table["trial"].is_sorted()


def test_neighbours_in_a_grid_are_tried_one_after_the_other():
    grid = generate_grid({"fast": "1:4", "slow": "11:14"})
    order = [grid.row(trial) for trial in near_first(grid)]
    assert sorted(order) == grid.rows()
    assert order[:4] == [(1, 11), (1, 12), (2, 11), (2, 12)]
    assert order[4:6] == [(1, 13), (1, 14)]


def test_a_search_goes_on_where_it_was(tmp_path):
    grid = generate_grid({"fast": "2:60", "slow": "61:70"})
    whole = ParamOptimizer(ENGINE).run_parallel(BARS, SmaCross, grid)

    def fall(done, _total, _failed):
        if done >= 128:
            raise Stop

    heard = []
    with pytest.raises(Stop):
        ParamOptimizer(ENGINE, jobs=1, progress=fall).run_parallel(
            BARS, SmaCross, grid, out=tmp_path
        )
    again = ParamOptimizer(ENGINE, progress=lambda *told: heard.append(told))
    found = again.run_parallel(BARS, SmaCross, grid, out=tmp_path, resume=True)
    assert heard[0] == (128, 590, 0)
    assert_frame_equal(found.table, whole.table, check_exact=True)


def test_only_the_same_search_goes_on(tmp_path):
    ParamOptimizer(ENGINE).run_parallel(BARS, SmaCross, GRID, out=tmp_path)
    with pytest.raises(SearchError, match="holds a search already"):
        ParamOptimizer(ENGINE).run_parallel(BARS, SmaCross, GRID, out=tmp_path)
    others = [
        (ParamOptimizer(), BARS, SmaCross, GRID, "its engine"),
        (ParamOptimizer(ENGINE), BARS.head(1500), SmaCross, GRID, "its data"),
        (ParamOptimizer(ENGINE), BARS, SmaCross, GRID.head(3), "its sets"),
        (ParamOptimizer(ENGINE), BARS, Plain, GRID, "its source"),
    ]
    for optimizer, bars, kind, grid, words in others:
        with pytest.raises(SearchError, match=words):
            optimizer.run_parallel(bars, kind, grid, out=tmp_path, resume=True)


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, "tests")
from searches import minutes
from engine.optimizer import ParamOptimizer, generate_grid
from engine.optimizer import ledger
from engine.strategies.sma_cross import SmaCross
ledger.ROWS = 1
grid = generate_grid({"fast": "2:60", "slow": "61:200"})
ParamOptimizer(jobs=1).run_parallel(minutes(20000), SmaCross, grid, out=sys.argv[1])
"""


def test_a_killed_process_loses_no_part(tmp_path):
    parts = tmp_path / "parts"
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)])
    deadline = time.monotonic() + 60
    while len(list(parts.glob("0*.parquet"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.wait()
    kept = sum(pl.read_parquet(part).height for part in parts.glob("0*.parquet"))
    grid = generate_grid({"fast": "2:60", "slow": "61:200"})
    assert 3 * 32 <= kept < grid.height
    heard = []
    optimizer = ParamOptimizer(progress=lambda *told: heard.append(told))
    bars = minutes(20000)
    scores = optimizer.run_parallel(bars, SmaCross, grid, out=tmp_path, resume=True)
    assert heard[0][0] == kept
    whole = ParamOptimizer().run_parallel(bars, SmaCross, grid)
    assert_frame_equal(scores.table, whole.table, check_exact=True)


def test_a_signal_that_is_none():
    class Wild(StrategyBase):
        name = "wild"

        def __init__(self, x=0):
            self.x = x

        def signal(self):
            return pl.col("no such column")

    scores = ParamOptimizer().run_parallel(BARS, Wild, [{"x": 1}])
    assert "no such column" in scores.failures["error"][0]
    with pytest.raises(StrategyError):
        SmaCross(5, 5)
