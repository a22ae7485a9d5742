"""Walking forward: what is chosen, what is traded, what the future must not touch."""

import json

import numpy as np
import polars as pl
import pytest
from markets import Coin, Fade, Hindsight, Holder, bars_of, moves, noise

from engine.errors import InputError, SearchError, WindowError
from engine.metrics import Convention
from engine.optimizer import Objective, generate_grid
from engine.strategies.sma_cross import SmaCross
from engine.strategy import StrategyBase
from engine.vectorized import VectorizedEngine
from engine.wfa import Rolling, WalkForwardValidator, Window

GRID = generate_grid({"fast": [3, 5, 8], "slow": [12, 20, 30]})
COINS = generate_grid({"number": range(40)})


def walker(train=200, test=50, **more):
    more.setdefault("engine", VectorizedEngine(fee=0.0005))
    more.setdefault("resamples", 100)
    return WalkForwardValidator(Rolling(train, test), jobs=1, **more)


@pytest.fixture(scope="module")
def walked():
    return walker().run(noise(600, 1), SmaCross, GRID)


def test_every_bar_out_of_sample_is_there_once(walked):
    account = walked.equity
    assert account.height == 400
    assert account["timestamp"].n_unique() == 400
    assert account["window_number"].to_list() == [number for number in range(8) for _ in range(50)]
    assert account["equity"].to_numpy() == pytest.approx(np.cumprod(1.0 + walked.net), rel=1e-14)


def test_each_window_takes_the_best_of_its_training(walked):
    for row in walked.windows.iter_rows(named=True):
        scores = walked.scores.filter(window_number=row["window_number"], side="train")
        best = scores.sort("sharpe", descending=True).row(0, named=True)
        assert row["trial"] == best["trial"]
        assert (row["fast"], row["slow"]) == (best["fast"], best["slow"])
        assert row["train_sharpe"] == best["sharpe"]


def test_the_stitched_account_by_hand(walked):
    """Positions of each window's choice, one bar after its signal; changes at joins are paid."""
    bars = noise(600, 1)
    signals = {
        trial: SmaCross(**GRID.row(trial, named=True)).run(bars.lazy()).collect()["signal"]
        for trial in walked.windows["trial"].unique()
    }
    position = np.zeros(600)
    for number, trial in enumerate(walked.windows["trial"]):
        start = 200 + 50 * number
        position[start : start + 50] = signals[trial].to_numpy()[start - 1 : start + 49]
    opened, close = bars["open"].to_numpy(), bars["close"].to_numpy()
    before = np.concatenate([[0.0], position[:-1]])
    last = np.concatenate([[np.nan], close[:-1]])
    gross = (1 + before * (opened / last - 1)) * (1 + position * (close / opened - 1)) - 1
    net = gross - np.abs(position - before) * 0.0005
    assert walked.net == pytest.approx(net[200:], rel=1e-12, abs=1e-16)
    turned = np.abs(position - before)
    assert walked.windows["joined"].to_list() == turned[200::50].tolist()
    assert walked.equity["cost"].sum() == pytest.approx(0.0005 * turned[200:].sum())


def test_a_join_between_equal_positions_costs_nothing():
    """Two strategies that are always long: the choice changes, the position does not."""

    class Long(StrategyBase):
        name = "long"

        def __init__(self, number=0):
            self.number = number

        def signal(self):
            return pl.lit(1.0)

    grid = generate_grid({"number": [0, 1]})
    found = walker(engine=VectorizedEngine(fee=0.01)).run(noise(600, 2), Long, grid)
    assert found.equity["turnover"].to_list() == [1.0] + [0.0] * 399
    assert found.stitched.trades.height == 1


def test_metrics_of_the_stitched_account_start_with_its_first_bar(walked):
    assert walked.metrics["n_bars"] == 400
    assert walked.metrics["end_equity"] == walked.equity["equity"][-1]
    assert walked.metrics["commission"] == pytest.approx(walked.equity["cost"].sum())


def test_indicators_are_valid_on_the_first_bar_of_a_test(walked):
    """A mean of 49 bars would be blind for all of a test of 25, were it not for the bars before."""
    slow = generate_grid({"fast": [2], "slow": [49]})
    found = walker(test=25).run(moves(600, 1, drift=0.02), SmaCross, slow)
    exposure = found.equity["exposure"].to_numpy().reshape(-1, 25)
    assert exposure[:, 0].mean() > 0.3


@pytest.mark.parametrize("execution", ["close", "next_open", "next_close"])
def test_windows_run_afresh_equal_windows_of_segments(execution):
    engine = VectorizedEngine(execution, fee=0.001)
    bars = noise(700, 9)
    once, afresh = (
        walker(engine=engine, afresh=afresh).run(bars, SmaCross, GRID) for afresh in (False, True)
    )
    assert once.windows["trial"].to_list() == afresh.windows["trial"].to_list()
    for name, dtype in once.scores.schema.items():
        if dtype.is_float():
            one, other = once.scores[name].to_numpy(), afresh.scores[name].to_numpy()
            assert np.allclose(one, other, rtol=1e-12, atol=1e-15, equal_nan=True), name
    assert np.allclose(once.net, afresh.net, rtol=1e-12, atol=1e-16)


def test_a_strategy_with_memory_starts_anew_in_each_window():
    """Whether it is in the market depends on where it begins, so it is run from each beginning."""
    bars, grid = noise(400, 3), generate_grid({"falls": [2, 3]})
    found = walker(train=100, test=50).run(bars, Holder, grid)
    started = bars.slice(100 - 7, 57)
    signal = Holder(int(found.windows["falls"][0])).run(started.lazy()).collect()["signal"]
    assert found.equity["exposure"][:50].to_list() == signal.to_list()[6:56]
    whole = walker(train=100, test=50, afresh=False).run(bars, Holder, grid)
    assert whole.scores.filter(side="test")["sharpe"].to_list() != (
        found.scores.filter(side="test")["sharpe"].to_list()
    )


@pytest.mark.parametrize("afresh", [False, True])
@pytest.mark.parametrize("execution", ["close", "next_open", "next_close"])
def test_what_comes_after_a_training_cannot_change_it(execution, afresh):
    """An open trade is valued at the training's last close, not closed with a test's price."""
    bars, known = moves(400, 5), 251 if execution == "next_close" else 250
    after = bars.with_columns(
        pl.when(pl.int_range(pl.len()) < known).then(pl.col(name)).otherwise(pl.col(name) * 7.0)
        for name in ("open", "high", "low", "close")
    )
    engine = VectorizedEngine(execution, fee=0.001)
    one, other = (
        walker(200, 50, engine=engine, afresh=afresh).run(table, SmaCross, GRID)
        for table in (bars, after)
    )
    for side, windows in (("train", [0, 1]), ("test", [0])):
        rows = [
            found.scores.filter(pl.col("side") == side, pl.col("window_number").is_in(windows))
            for found in (one, other)
        ]
        assert rows[0].equals(rows[1], null_equal=True)
    assert one.net[:50].tolist() == other.net[:50].tolist()


def test_what_is_filled_at_the_next_close_leaves_a_bar_between():
    spans = walker(engine=VectorizedEngine("next_close")).run(noise(400, 1), SmaCross, GRID).spans
    assert spans[0] == Window(0, 200, 201, 251)


def test_costs_make_a_choice():
    """Without costs the quick one wins, with costs the calm one: trainings pay as tests do."""
    bars, grid = noise(600, 8), generate_grid({"falls": [1, 4]})
    free = walker(engine=VectorizedEngine()).run(bars, Fade, grid)
    dear = walker(engine=VectorizedEngine(fee=0.05)).run(bars, Fade, grid)
    assert set(dear.windows["falls"]) == {4}
    assert dear.windows["train_total_return"].max() < free.windows["train_total_return"].max()


def test_a_set_that_fails_is_a_row():
    grid = generate_grid({"falls": [1, 2, 13]})
    found = walker().run(noise(400, 1), Fade, grid)
    assert found.failures.to_dicts() == [
        {"trial": 2, "falls": 13, "error": "ValueError: thirteen brings bad luck"}
    ]
    assert found.luck.trials == 2
    assert found.scores.height == 2 * 4 * 3


def test_nothing_to_choose_at_all():
    with pytest.raises(SearchError, match=r"none of 4 trainings.*thirteen"):
        walker().run(noise(400, 1), Fade, generate_grid({"falls": [13]}))
    with pytest.raises(SearchError, match="none of 4 trainings"):
        objective = Objective(min_trades=10_000)
        walker(objective=objective).run(noise(400, 1), SmaCross, GRID)


def test_a_window_without_a_choice_stays_flat():
    """Nobody trades while prices stand still: there is no Sharpe ratio to rank."""
    still = np.concatenate([np.zeros(100), np.random.default_rng(1).normal(0, 0.01, 200)])
    found = walker(train=100, test=50).run(bars_of(still), SmaCross, GRID)
    assert found.windows["trial"].null_count() == 1
    assert found.windows["fast"][0] is None
    assert found.equity["exposure"][:50].sum() == 0.0
    assert found.windows["test_total_return"][0] == 0.0


def test_other_objectives():
    bars = noise(600, 6)
    for metric in ("calmar", "sortino", "total_return", "tail_ratio", "value_at_risk"):
        found = walker(objective=Objective(metric)).run(bars, SmaCross, GRID)
        for row in found.windows.iter_rows(named=True):
            scores = found.scores.filter(window_number=row["window_number"], side="train")
            assert scores.filter(trial=row["trial"])[metric][0] == scores[metric].max()


def test_a_lone_peak_is_not_chosen_by_its_neighbourhood():
    """Whatever it chooses has the highest median of scores among itself and its neighbours."""
    grid = generate_grid({"falls": range(1, 9)})
    found = walker(by="plateau").run(noise(600, 3), Fade, grid)
    for row in found.windows.iter_rows(named=True):
        scores = found.scores.filter(window_number=row["window_number"], side="train").sort("falls")
        own = scores["sharpe"].fill_nan(None).to_list()
        known = [value for value in own if value is not None]
        level = [min(known) if value is None else value for value in own]
        medians = [
            float("-inf") if own[at] is None else np.median(level[max(0, at - 1) : at + 2])
            for at in range(8)
        ]
        assert medians[row["falls"] - 1] == max(medians)


def test_rules_on_metrics_are_rules_of_each_training():
    objective = Objective(where="max_drawdown > -0.08")
    found = walker(objective=objective).run(noise(600, 6), SmaCross, GRID)
    assert found.windows["train_max_drawdown"].drop_nulls().min() > -0.08


def test_what_cannot_be_measured_by_window():
    with pytest.raises(WindowError, match="profit_factor cannot be measured"):
        walker(objective=Objective("profit_factor")).run(noise(400, 1), SmaCross, GRID)


def test_windows_that_do_not_fit_are_told_before_anything_is_scored():
    with pytest.raises(WindowError, match="hold no window"):
        walker(train=500).run(noise(400, 1), SmaCross, GRID)
    with pytest.raises(WindowError, match="overlap"):
        overlapping = [Window(0, 100, 100, 200), Window(0, 100, 150, 250)]
        WalkForwardValidator(overlapping).run(noise(400, 1), SmaCross, GRID)
    with pytest.raises(SearchError, match="empty"):
        walker().run(noise(400, 1), SmaCross, [])


def test_a_gap_between_tests_is_flat_and_the_way_out_is_paid():
    windows = [Window(0, 100, 100, 120), Window(0, 140, 140, 160)]
    found = WalkForwardValidator(windows, engine=VectorizedEngine(fee=0.01), resamples=50).run(
        moves(160, 1, drift=0.02), SmaCross, generate_grid({"fast": [2], "slow": [10]})
    )
    assert found.equity.height == 60
    between = found.equity.filter(pl.col("window_number").is_null())
    assert between.height == 20
    assert between["exposure"].sum() == 0.0


def test_what_is_earned_without_risk_is_no_skill():
    """At a rate of 0.2 % a bar a coin is far below cash, in every figure."""
    rich = VectorizedEngine(convention=Convention(risk_free=0.002))
    one = walker(engine=VectorizedEngine()).run(noise(600, 5), Coin, COINS)
    other = walker(engine=rich).run(noise(600, 5), Coin, COINS)
    assert other.luck.probabilistic < 0.05 < one.luck.probabilistic
    assert other.overfitting.loss > 0.95 > one.overfitting.loss
    assert other.superiority.white == 1.0


def test_threads_do_not_change_anything():
    bars = noise(500, 4)
    one = WalkForwardValidator(Rolling(200, 50), jobs=1, resamples=100).run(bars, Coin, COINS)
    two = WalkForwardValidator(Rolling(200, 50), jobs=2, resamples=100).run(bars, Coin, COINS)
    assert one.scores.equals(two.scores)
    assert one.stitched.metrics.equals(two.stitched.metrics)
    assert one.luck.superiority == two.luck.superiority


def test_several_symbols():
    table = pl.concat([noise(400, 1), bars_of(np.random.default_rng(9).normal(0, 0.01, 400), "Y")])
    once, afresh = (walker(afresh=afresh).run(table, SmaCross, GRID) for afresh in (False, True))
    assert np.allclose(once.net, afresh.net, rtol=1e-12, atol=1e-16)
    assert once.equity.height == 200
    assert once.stitched.trades["weight"].unique().to_list() == [0.5]
    assert once.shuffled.seen > once.metrics["max_drawdown"] - 0.05


class Killed(BaseException):
    pass


def test_a_killed_run_goes_on(tmp_path):
    grid = generate_grid({"number": range(100)})
    scored = []

    class Counted(Coin):
        name = "counted"

        def __init__(self, number=0):
            super().__init__(number)
            scored.append(number)

    def stop(done, _total, _failed):
        if done >= 64:
            raise Killed

    bars = noise(400, 2)
    whole = walker().run(bars, Counted, grid)
    scored.clear()
    with pytest.raises(Killed):
        walker(folder=tmp_path / "run", progress=stop).run(bars, Counted, grid)
    told = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert told["complete"] is False
    assert len(list((tmp_path / "run").glob("parts-*/*.npz"))) == 2
    scored.clear()
    again = walker(folder=tmp_path / "run").run(bars, Counted, grid)
    # The chosen ones and the best of all are made once more, to be traded.
    made = {*again.windows["number"], again.luck.best}
    assert {*scored} - made == {*range(64, 100)} - made
    assert again.scores.equals(whole.scores)
    told = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert told["complete"] is True
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == {
        "equity.parquet",
        "scores.parquet",
        "summary.json",
        "trades.parquet",
        "trials.parquet",
        "windows.parquet",
    }


def test_parts_of_other_bars_are_not_taken(tmp_path):
    grid = generate_grid({"number": range(40)})
    folder = tmp_path / "run"

    def stop(done, _total, _failed):
        if done:
            raise Killed

    with pytest.raises(Killed):
        walker(folder=folder, progress=stop).run(noise(400, 2), Coin, grid)
    with pytest.raises(InputError, match="holds an earlier walk-forward"):
        walker(folder=folder).run(noise(400, 3), Coin, grid)
    other = walker(folder=folder, force=True).run(noise(400, 3), Coin, grid)
    assert other.scores.equals(walker().run(noise(400, 3), Coin, grid).scores)


def test_on_noise_it_says_overfit():
    words, splits = [], []
    for seed in range(16):
        found = walker(250, 50).run(noise(750, 100 + seed), Coin, COINS)
        words.append(found.verdict.word)
        splits.append(found.overfitting.probability)
    assert words.count("holds up") == 0
    assert words.count("looks overfit") >= 15
    assert abs(np.mean(splits) - 0.5) < 3 * np.std(splits, ddof=1) / np.sqrt(16)


def test_a_planted_signal_holds_up():
    for seed in range(5):
        found = walker(250, 50).run(noise(750, 200 + seed), Hindsight, COINS)
        assert set(found.windows["number"]) == {3}
        assert found.verdict.word == "holds up", found.verdict
        assert found.overfitting.probability < 0.05
        assert found.superiority.consistent < 0.01
        assert found.luck.deflated > 0.99


def test_a_trend_that_is_there_holds_up():
    grid = generate_grid({"fast": [3, 5, 8, 12], "slow": [20, 30, 40]})
    for seed in range(4):
        found = walker(480, 120).run(moves(2400, seed), SmaCross, grid)
        assert found.verdict.word == "holds up", found.verdict


def test_resampled_and_shuffled(walked):
    assert walked.resampled.seen_growth == pytest.approx(walked.equity["equity"][-1], rel=1e-12)
    assert walked.shuffled.seen <= 0.0
    assert walked.summary()["windows"] == 8
