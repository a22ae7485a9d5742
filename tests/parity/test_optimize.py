"""``truefill optimize`` as a person at a terminal and as a script sees it."""

import json
from pathlib import Path

import polars as pl
import pytest

from parity.cli.exits import run

DATA = "reference_data/bars/crypto_1m_binance_perp/BTCUSDT.parquet"
COMMAND = ["optimize", "sma_cross", "--data", DATA, "--timeframe", "30m", "--fee", "0.0005"]
GRID = ["--grid", "fast=5:20:5", "--grid", "slow=20:60:20", "--where", "fast < slow"]


@pytest.fixture
def call(capsys):
    def called(*words):
        code = run([*COMMAND, *map(str, words)])
        return code, *capsys.readouterr()

    return called


def test_a_narrow_page_leaves_columns_out_instead_of_cutting_them(call, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = call(*GRID, "--top", 3)
    heading = next(line for line in out.splitlines() if "Sharpe" in line)
    assert "Plateau" in heading and "Total return" in heading and "Profit factor" not in heading
    assert "\N{HORIZONTAL ELLIPSIS}" not in out


def test_every_sharpe_has_its_deflated_twin(call):
    code, out, _ = call(*GRID, "--top", 3)
    assert code == 0
    assert "11 sets" in out
    heading = next(line for line in out.splitlines() if "Sharpe" in line)
    assert heading.index("Sharpe") < heading.index("Deflated") < heading.index("Plateau")
    assert "worthless sets the luckiest would show" in out
    assert "of 12,870 splits (probability of overfitting" in " ".join(out.split())
    assert "fast down, slow across" in out


def test_a_folder_has_scores_page_and_picture(call, tmp_path):
    code, out, _ = call(*GRID, "--out", tmp_path / "found")
    assert code == 0
    assert "found" in out
    scores = pl.read_parquet(tmp_path / "found" / "scores.parquet")
    assert scores.height == 11
    assert {"fast", "slow", "sharpe", "deflated_sharpe", "plateau", "status"} <= set(scores.columns)
    page = (tmp_path / "found" / "report.html").read_text()
    assert "Deflated" in page and "http://" not in page.replace("http://www.w3.org", "")
    assert (tmp_path / "found" / "heat_map.svg").read_text().startswith("<")
    assert not list(Path(tmp_path).rglob("*.partial"))

    code, _, told = call(*GRID, "--out", tmp_path / "found")
    assert (code, "holds a search already" in told) == (2, True)
    code, again, _ = call(*GRID, "--out", tmp_path / "found", "--resume")
    assert (code, again) == (0, out)


def test_as_json_and_from_a_file(call, tmp_path):
    config = tmp_path / "search.toml"
    config.write_text('grid = ["fast=5:20:5", "slow=20:60:20"]\nwhere = ["fast < slow"]\ntop = 2\n')
    code, out, _ = call("--config", config, "--json", "--metric", "sortino")
    told = json.loads(out)
    assert code == 0
    assert (told["sets"], told["metric"], len(told["top"])) == (11, "sortino", 2)
    assert told["top"][0]["sortino"] >= told["top"][1]["sortino"]
    assert 0 <= told["top"][0]["deflated_sharpe"] <= 1
    assert 0 <= told["probability_of_overfitting"] <= 1


def test_a_search_at_random_and_one_by_its_short_name(call):
    code, out, _ = call(
        "--search", "random", "--trials", 7, "--seed", 3,
        "--grid", "fast=5:20", "--grid", "slow=30:90:log", "--json",
    )  # fmt: skip
    assert (code, json.loads(out)["sets"]) == (0, 7)
    assert run(["opt", "--help"]) == 0


def test_sets_that_fail_are_told(call):
    code, out, _ = call("--grid", "fast=5:20:5", "--grid", "slow=10:40:10", "--json")
    assert (code, json.loads(out)["failed"]) == (0, 4)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ([], 2, "give at least one range"),
        (["--grid", "fast"], 2, "write it as fast=5:50:5"),
        (["--grid", "fast=1:2", "--grid", "fast=3:4"], 2, "two ranges"),
        (["--grid", "fast=9:5"], 2, "fast=9:5: it is empty"),
        (["--grid", "fats=1:5"], 2, "no parameter 'fats'"),
        (["--grid", "fast=5:9", "--metric", "profit"], 2, "no metric 'profit'"),
        (["--grid", "fast=5:9", "--metric", "sharp"], 2, "did you mean sharpe"),
        (["--grid", "fast=5:9", "--where", "max_drawdwn > -0.2"], 2, "did you mean max_drawdown"),
        (["--grid", "fast=5:9", "--out", "README.md"], 2, "README.md is a file"),
        (["--grid", "fast=5:9", "--out", "docs"], 2, "docs holds other files"),
        (["--grid", "fast=5:9", "--search", "luck"], 2, "--search is 'luck'"),
        (["--grid", "fast=5:9", "--where", "fast <"], 2, "--where 'fast <'"),
        (["--grid", "fast=5:9", "--where", "speed > 1"], 2, "speed"),
        (["--grid", "fast=5:9", "--resume"], 2, "--out"),
        (["--grid", "fast=5:9", "--min-trades", "100000"], 2, "trade too little"),
        (["--grid", "fast=5:9", "--cluster", "dask://127.0.0.1:1"], 3, "does not answer"),
        (["--grid", "fast=5:9", "--cluster", "nowhere"], 2, "is no address"),
    ],
)
def test_what_cannot_be_is_said(call, words, code, told):
    found, _, error = call(*words)
    assert (found, told in error) == (code, True), error


def test_after_ctrl_c_what_was_done_is_kept_and_marked(call, tmp_path, monkeypatch):
    from engine.optimizer import ParamOptimizer

    whole = ParamOptimizer.search

    def stopped(self, *args, **options):
        scores = whole(self, *args, **options)
        return type(scores)(scores.table.head(4), scores.params, scores.objective, complete=False)

    monkeypatch.setattr(ParamOptimizer, "search", stopped)
    code, out, error = call(*GRID, "--out", tmp_path)
    assert (code, "stopped before its end" in out, "is kept" in error) == (130, True, True)
    assert pl.read_parquet_metadata(tmp_path / "scores.parquet")["complete"] == "false"
