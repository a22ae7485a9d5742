"""``truefill runs``: what was stored, the best first."""

import json

import pytest

from parity.cli import main

DATA = "reference_data/bars/equity_1d_sp500"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs")
    for slow in (50, 100, 1200):
        words = ["--data", DATA, "--symbols", "AAPL", "--param", f"slow={slow}", "--no-pictures"]
        assert main(["backtest", "sma_cross", *words, "--out", str(out / str(slow))]) == 0
    return str(out)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def shown(capsys, *words):
    assert main(["runs", *words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    return told["runs"], [run["param_slow"] for run in told["shown"]], told["shown"]


def test_the_best_come_first_and_those_without_a_number_last(folder, capsys):
    count, slow, runs = shown(capsys, folder)
    assert count == 3
    # with a mean of 1,200 of 1,259 days there is hardly a trade, but there is a Sharpe ratio
    scores = [run["sharpe"] for run in runs]
    assert scores == sorted(scores, reverse=True)
    assert set(slow) == {50, 100, 1200}
    _, slow, _ = shown(capsys, folder, "--sort", "param_slow", "--top", "2")
    assert slow == [1200, 100]


def test_some_of_them(folder, capsys):
    count, slow, _ = shown(capsys, folder, "--where", "param_slow < 1000 and trade_count > 1")
    assert count == 2
    assert sorted(slow) == [50, 100]
    assert shown(capsys, folder, "--strategy", "sma_cross")[0] == 3


def test_one_line_each_in_eighty_columns(folder, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["runs", folder, "--top", "2"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert "2 of 3 runs, by sharpe" in out
    assert "sma_cross 1d fast=20" in " ".join(out.split())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--sort", "sharp"], "--sort 'sharp' is no column of the runs"),
        (["--where", "sharpe >"], "--where 'sharpe >' cannot be used"),
        (["--where", "sharp > 1"], "--where 'sharp > 1' cannot be used"),
        (["--strategy", "other"], "there is no run"),
    ],
)
def test_misuse(folder, capsys, words, message):
    assert main(["runs", folder, *words]) == 2
    assert message in capsys.readouterr().err
