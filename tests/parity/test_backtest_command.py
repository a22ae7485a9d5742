"""``truefill backtest``: what it prints, what it writes, and how it says no."""

import json
import re
import sys

import polars as pl
import pytest

from engine.store.catalogue import load_runs
from parity.cli import main

DATA = "reference_data/bars/equity_1d_sp500"
ASKED = ["backtest", "sma_cross", "--data", DATA, "--symbols", "AAPL,MSFT", "--param", "slow=100"]


@pytest.fixture
def told(capsys):
    """Run the command; give its exit code, what it printed and what it complained of."""

    def run(*words):
        code = main([*ASKED, *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_eighty_columns_are_enough(told, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    code, out, _ = told("--cost", "0.0005")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    for text in ("sma_cross on AAPL, MSFT", "1d bars, 2013-02-08 to 2018-02-07", "slow=100"):
        assert text in out
    # two columns of metrics
    assert re.search(r"Total return +[\d.]+ % +Sharpe +[\d.]+", out)


def test_a_narrow_terminal_gets_one_column(told, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    _, out, _ = told()
    assert max(map(len, out.splitlines())) <= 60
    assert re.search(r"Total return +[\d.]+ %\s*$", out, re.MULTILINE)


def test_json_is_the_whole_run(told):
    code, out, err = told("--json", "--fee", "0.001", "--from", "2014-01-01", "--to", "2015-01-01")
    run = json.loads(out)
    assert (code, err) == (0, "")
    assert run["start"] == "2014-01-02T00:00:00+00:00"
    assert run["params"] == {"fast": 20, "slow": 100, "short": 0.0, "warmup": 99}
    assert (run["fee"], run["execution"], run["benchmark"]) == (0.001, "next_open", "buy and hold")
    assert run["metrics"]["n_bars"] == 252.0


def test_out_has_page_picture_and_tables(told, tmp_path):
    out = tmp_path / "out"
    code, text, _ = told("--out", str(out), "--asset-class", "equity", "--timeframe", "1w")
    assert code == 0
    assert f"written to {out}/tear_sheet.html" in text.replace("\n", "")
    names = sorted(file.name for file in out.iterdir())
    run = next(name for name in names if name.startswith("sma-cross_equity_1w_"))
    assert names == sorted(
        ["account.parquet", "equity.svg", "frame.parquet", "metrics.parquet", run, "run.json",
         "tear_sheet.html", "trades.parquet"]
    )  # fmt: skip
    assert load_runs(out)["param_slow"].to_list() == [100]
    assert pl.read_parquet(out / "account.parquet").height == 262
    code, _, err = told("--out", str(out))
    assert code == 2
    assert "holds an earlier run" in err
    assert told("--out", str(out), "--force", "--no-pictures")[0] == 0
    assert not (out / "tear_sheet.html").exists()


def test_options_from_a_file(told, tmp_path):
    file = tmp_path / "run.toml"
    file.write_text("fee = 0.001\ntimeframe = '1w'\n[params]\nfast = 5\n", encoding="utf-8")
    code, out, _ = told("--config", str(file), "--fee", "0", "--json")
    run = json.loads(out)
    assert code == 0
    assert (run["fee"], run["frequency"]) == (0.0, "1w")
    assert (run["params"]["fast"], run["params"]["slow"]) == (5, 100)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--param", "fasst=1"], "has no parameter 'fasst' (did you mean 'fast'?)"),
        (["--params", "{fast"], "--params '{fast' is no JSON"),
        (["--params", "[1]"], "--params '[1]': write it as"),
        (["--from", "2030-01-01"], "has no bars from 2030-01-01"),
        (["--symbols", "ZZZ"], "has no bars of ZZZ"),
        (["--execution", "later"], "execution is 'later'; it is one of"),
        (["--cost", "0.1", "--fee", "0.1"], "--cost is fee and slippage in one"),
        (["--benchmark", "ZZZ"], "has no bars of ZZZ"),
        (["--timeframe", "1x"], "1x"),
        (["--data", "nowhere"], "nowhere: there are no bars"),
    ],
)
def test_misuse_exits_with_two_and_says_what_to_do(told, words, message):
    code, _, err = told(*words)
    assert code == 2
    assert message in err.replace("\n", " ")


def test_a_parameter_given_twice(told):
    code, _, err = told("--param", "slow=7")
    assert (code, "--param slow is given twice" in err) == (2, True)


def test_a_strategy_that_is_not_there(capsys):
    assert main(["backtest", "sma_cros", "--data", DATA]) == 2
    assert "did you mean 'sma_cross'?" in capsys.readouterr().err


def test_bars_without_a_column(tmp_path, capsys):
    file = tmp_path / "AAA.parquet"
    bars = pl.read_parquet(f"{DATA}/AAPL.parquet").drop("close")
    bars.write_parquet(file)
    assert main(["backtest", "sma_cross", "--data", str(file)]) == 2
    assert "AAA.parquet: column 'close' is missing" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_known_before_anything_is_computed(
    told, tmp_path, monkeypatch
):
    def never(*_, **__):
        raise AssertionError("bars were read")

    monkeypatch.setattr("engine.backtest.open_dataset", never)
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    code, _, err = told("--out", str(tmp_path / "file" / "out"))
    assert code == 2
    assert "cannot be written" in err


@pytest.mark.parametrize("library", ["matplotlib", "jinja2"])
def test_without_the_extra_it_stops_at_once_and_tables_still_work(
    told, tmp_path, monkeypatch, library
):
    for name in [name for name in sys.modules if name.split(".")[0] == library]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    out = tmp_path / "out"
    code, _, err = told("--out", str(out))
    assert code == 3
    assert f"needs {library}" in err and "pip install 'truefill[report]'" in err
    assert not out.exists()
    assert told("--out", str(out), "--no-pictures")[0] == 0
    assert load_runs(out).height == 1
