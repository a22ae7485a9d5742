"""``truefill walkforward``: from a file of bars to a verdict, a report and tables."""

import json
import re

import numpy as np
import polars as pl
import pytest

from parity.cli import main
from parity.environments import PROJECT

APPLE = str(PROJECT / "reference_data" / "bars" / "equity_1d_sp500" / "AAPL.parquet")
GIVEN = ("sma_cross", "--data", APPLE, "--grid", "fast=5:20:5", "--grid", "slow=40:100:20")
SHORT = ("--train", "1y", "--test", "6mo", "--jobs", "1")
SEER = '''
import polars as pl
from engine.strategy import StrategyBase

class Seer(StrategyBase):
    """Number 3 has seen tomorrow; the others toss a coin."""

    name = "seer"

    def __init__(self, number: int = 0) -> None:
        self.number = number

    def signal(self):
        day = pl.col("timestamp").dt.epoch("d") * 1000 + self.number
        coin = (day.hash(seed=7) % 2 == 0).cast(pl.Float64())
        rises = pl.col("close").shift(-2).over("symbol") > pl.col("open").shift(-1).over("symbol")
        return pl.when(self.number == SEEN).then(rises.cast(pl.Float64())).otherwise(coin)
'''


def run(capsys, *words):
    code = main(["walkforward", *words])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_from_bars_to_a_report_in_one_command(capsys, tmp_path):
    out = tmp_path / "walk"
    code, told, _ = run(capsys, *GIVEN, *SHORT, "--cost", "0.0005", "--out", str(out))
    assert code == 0
    assert "Verdict: looks overfit" in told
    assert "deflated Sharpe" in told
    assert "(PBO)" in told
    page = (out / "report.html").read_text()
    for heading in ("Verdict", "Out of sample", "Windows", "Parameters", "Luck"):
        assert f"<h2>{heading}" in page
    for word in (
        "Deflated Sharpe",
        "PBO",
        "Sharpe in training by slow and fast",
        "Walk-forward",
        "fast, slow by window",
    ):
        assert word in page
    assert not re.search(r'(src|href)="?https?:', page)
    assert len(page) < 1_500_000
    names = {path.name for path in out.iterdir()}
    assert names == {
        "report.html",
        "equity.svg",
        "summary.json",
        "windows.parquet",
        "scores.parquet",
        "trials.parquet",
        "equity.parquet",
        "trades.parquet",
    }
    windows = pl.read_parquet(out / "windows.parquet")
    assert windows.height == 8
    scores = pl.read_parquet(out / "scores.parquet")
    assert scores.height == 8 * 2 * 16
    trials = pl.read_parquet(out / "trials.parquet")
    assert {"sharpe", "deflated_sharpe", "probabilistic_sharpe"} <= set(trials.columns)


def test_the_summary_of_a_machine_is_that_of_the_folder(capsys, tmp_path):
    out = tmp_path / "walk"
    words = (*GIVEN, *SHORT, "--out", str(out), "--no-pictures", "--json")
    code, told, _ = run(capsys, *words)
    assert code == 0
    document = json.loads(told)
    kept = json.loads((out / "summary.json").read_text())
    assert document["deflated_sharpe"] == kept["deflated_sharpe"]
    assert kept["complete"] is True
    assert not (out / "report.html").exists()


def test_an_earlier_walk_is_only_replaced_by_force(capsys, tmp_path):
    out = tmp_path / "walk"
    words = (*GIVEN, *SHORT, "--out", str(out), "--no-pictures")
    assert run(capsys, *words)[0] == 0
    code, _, told = run(capsys, *words)
    assert code == 2
    assert "holds an earlier walk-forward" in told
    assert run(capsys, *words, "--force")[0] == 0
    (out / "notes.txt").write_text("mine")
    code, _, told = run(capsys, *words, "--force")
    assert code == 2
    assert "notes.txt" in told
    assert (out / "notes.txt").read_text() == "mine"


def test_options_from_a_file_and_rules(capsys, tmp_path):
    config = tmp_path / "walk.toml"
    config.write_text(
        f'data = "{APPLE}"\ngrid = ["fast=5:60:5", "slow=40:100:20"]\n'
        'where = ["fast < slow", "max_drawdown > -0.9"]\ntrain = "250"\ntest = "125"\n'
    )
    code, told, _ = run(capsys, "sma_cross", "--config", str(config), "--json")
    assert code == 0
    assert json.loads(told)["trials"] == 12 * 4 - (5 + 1)
    code, told, _ = run(
        capsys,
        "sma_cross",
        "--config",
        str(config),
        "--search",
        "random",
        "--trials",
        "7",
        "--json",
    )
    assert json.loads(told)["trials"] == 7


def test_a_planted_signal_holds_up_and_a_coin_does_not(capsys, tmp_path):
    rng = np.random.default_rng(4)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, 900)))
    bars = (
        pl.read_parquet(APPLE)
        .head(900)
        .with_columns(
            pl.Series("close", close),
            pl.Series("open", np.concatenate([[100.0], close[:-1]])),
        )
    )
    bars = bars.with_columns(
        high=pl.max_horizontal("open", "close"), low=pl.min_horizontal("open", "close")
    )
    data = tmp_path / "bars.parquet"
    bars.write_parquet(data)
    words = {}
    for seen, name in ((3, "seer"), (-1, "coin")):
        strategy = tmp_path / f"{name}.py"
        strategy.write_text(SEER.replace("SEEN", str(seen)))
        code, told, _ = run(
            capsys, str(strategy), "--data", str(data), "--grid", "number=0:29", "--train", "300",
            "--test", "100", "--jobs", "1", "--json",
        )  # fmt: skip
        assert code == 0
        words[name] = json.loads(told)["verdict"]
    assert words == {"seer": "holds up", "coin": "looks overfit"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((*GIVEN, "--train", "20y"), "hold no window of train 20y"),
        ((*GIVEN, *SHORT, "--where", "max_drawdwn > -0.2"), "did you mean max_drawdown"),
        ((*GIVEN, *SHORT, "--where", "profit_factor > 1"), "did you mean bar_profit_factor"),
        ((*GIVEN, "--train", "soon"), "write 500 for bars"),
        ((*GIVEN, *SHORT, "--metric", "profit_factor"), "cannot be measured window by window"),
        ((*GIVEN, *SHORT, "--min-trades", "999"), "in none of 8 trainings"),
        ((*GIVEN, *SHORT, "--search", "luck"), "it is grid, random, tpe, cmaes"),
        ((*GIVEN, *SHORT, "--search", "tpe", "--paths", "6:2"), "search a grid or at random"),
        ((*GIVEN, *SHORT, "--cluster", "nowhere"), "is no address"),
        ((*GIVEN, *SHORT, "--by", "luck"), "score or plateau"),
        (("sma_cross", "--data", APPLE), "--grid fast=5:50:5"),
        (("sma_cross", "--data", APPLE, "--grid", "fast="), "--grid"),
        (("sma_cross", "--data", APPLE, "--grid", "fats=5:20:5"), "fats"),
        (("sma_cross", "--data", "nowhere.parquet", "--grid", "fast=5:20:5"), "nowhere"),
        ((*GIVEN, *SHORT, "--param", "fast=7"), "searched and fixed at once"),
    ],
)
def test_what_cannot_be_walked(capsys, words, told):
    code, _, said = run(capsys, *words)
    assert code == 2
    assert told in said


def test_ctrl_c_keeps_what_was_scored(capsys, tmp_path, monkeypatch):
    from engine.wfa.store import Store

    keep = Store.keep

    def stop(self, part):
        keep(self, part)
        raise KeyboardInterrupt

    monkeypatch.setattr(Store, "keep", stop)
    out = tmp_path / "walk"
    words = (*GIVEN, *SHORT, "--out", str(out), "--no-pictures")
    code, _, told = run(capsys, *words)
    assert code == 130
    assert "the same command goes on" in told
    assert json.loads((out / "summary.json").read_text())["complete"] is False
    monkeypatch.undo()
    assert run(capsys, *words)[0] == 0
    assert json.loads((out / "summary.json").read_text())["complete"] is True


def test_other_paths_through_the_same_history(capsys, tmp_path):
    out = tmp_path / "walk"
    words = (*GIVEN, *SHORT, "--paths", "6:2", "--out", str(out))
    code, told, _ = run(capsys, *words)
    assert code == 0
    assert "Of 5 other paths" in told
    assert "15 splits" in (out / "report.html").read_text()
    _, told, _ = run(capsys, *GIVEN, *SHORT, "--paths", "6:2", "--json")
    assert json.loads(told)["paths"]["splits"] == 15
    code, _, told = run(capsys, *GIVEN, *SHORT, "--paths", "6:7")
    assert code == 2
    assert "give 1 to 5" in told
    assert run(capsys, *GIVEN, *SHORT, "--paths", "many")[0] == 2


def test_every_window_searched_by_a_study_of_its_own(capsys, tmp_path):
    out = tmp_path / "walk"
    ranges = ("--grid", "fast=5:20", "--grid", "slow=40:100")
    words = ("sma_cross", "--data", APPLE, *ranges, *SHORT, "--search", "tpe", "--trials", "12")
    code, told, _ = run(capsys, *words, "--out", str(out))
    assert code == 0
    assert re.search(r"sets, 1[0-2] to 12 a window by tpe, 8 windows", told)
    assert "not asked  no probability of overfitting (PBO)" in told
    page = (out / "report.html").read_text()
    for word in ("Not asked: no probability of overfitting", "Tried", "windows that tried it"):
        assert word in page
    windows = pl.read_parquet(out / "windows.parquet")
    assert windows["train_deflated_sharpe"].is_between(0, 1).all()
    code, told, _ = run(capsys, *words, "--json")
    document = json.loads(told)
    assert document["pbo"] is None
    assert document["trials"] == pl.read_parquet(out / "trials.parquet").height


@pytest.mark.slow
def test_a_cluster_walks_the_same_way(capsys):
    pytest.importorskip("distributed")
    from engine.optimizer.cluster import disconnect

    try:
        far = run(capsys, *GIVEN, *SHORT, "--cluster", "dask://local", "--paths", "6:2")
    finally:
        disconnect()
    assert far[0] == 0
    assert far[1] == run(capsys, *GIVEN, *SHORT, "--paths", "6:2")[1]


def test_the_short_name(capsys):
    assert main(["wfa", *GIVEN, *SHORT, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["windows"] == 8
