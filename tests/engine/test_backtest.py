"""A strategy from bars to files: what it earned, what is kept, and what stops it."""

import json
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from engine.backtest import BacktestSpec, backtest, check_folder
from engine.errors import DataMissing, InputError
from engine.prepared import cost_inputs
from engine.store.catalogue import load_runs
from engine.strategy import StrategyBase
from engine.vectorized import VectorizedEngine

START = datetime(2024, 1, 1, tzinfo=UTC)


class Follow(StrategyBase):
    """Long after a close above the open."""

    name = "follow"

    def __init__(self, size=1.0):
        self.size = size

    def add_indicators(self, lf):
        return lf.with_columns(up=pl.col("close") > pl.col("open"))

    def signal(self):
        return pl.col("up").cast(pl.Float64()) * self.size


def bars(symbol="AAA", scale=1.0):
    # day     0      1      2      3      4
    opens = [100.0, 100.0, 110.0, 121.0, 110.0]
    close = [100.0, 110.0, 121.0, 110.0, 110.0]
    return pl.DataFrame(
        {
            "timestamp": [START + timedelta(days=day) for day in range(5)],
            "symbol": [symbol] * 5,
            "open": opens,
            "high": [121.0] * 5,
            "low": [100.0] * 5,
            "close": close,
            "volume": [1.0] * 5,
        },
        schema_overrides={"timestamp": pl.Datetime("ms", "UTC")},
    ).with_columns(pl.col("open", "high", "low", "close") * scale)


@pytest.fixture
def folder(tmp_path):
    data = tmp_path / "bars"
    data.mkdir()
    bars("AAA").write_parquet(data / "AAA.parquet")
    bars("BBB", 2.0).with_columns(close=pl.col("open")).write_parquet(data / "BBB.parquet")
    return data


def run(folder, **how):
    told = {"symbols": ("AAA",), "strategy": Follow(), **how}
    return backtest(BacktestSpec(data=folder, **told))


# --- what it earned ------------------------------------------------------------------------------


def test_signals_of_a_close_are_traded_at_the_next_open(folder):
    own = run(folder)
    # up on days 1 and 2: long from the open of day 2 (110) until that of day 4 (110)
    assert own.account["exposure"].to_list() == [0.0, 0.0, 1.0, 1.0, 0.0]
    assert own.account["equity"].to_list() == pytest.approx([1.0, 1.0, 1.1, 1.0, 1.0])
    assert own.frame["signal"].to_list() == [0.0, 1.0, 1.0, 0.0, 0.0]
    assert own.trades["return"].to_list() == pytest.approx([0.0], abs=1e-12)
    assert own.values["max_drawdown"] == pytest.approx(-1 / 11)


def test_costs_are_charged_for_every_change(folder):
    own = run(folder, engine=VectorizedEngine(fee=0.01, slippage=0.005))
    assert own.account["cost"].to_list() == pytest.approx([0.0, 0.0, 0.015, 0.0, 0.015])
    assert own.values["commission"] == pytest.approx(0.03)


def test_half_of_the_spread_of_each_bar_may_be_paid_too(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    # every bar reaches from 100 to 121, as if these were the two quotes
    half = cost_inputs(bars().lazy()).collect()["half_spread"]
    assert half[2] == pytest.approx(21 / (100 + 121))
    own = run(folder, spread=True, engine=VectorizedEngine(slippage=0.001))
    paid = [0.0, 0.0, half[2] + 0.001, 0.0, half[4] + 0.001]
    assert own.account["cost"].to_list() == pytest.approx(paid)
    flat = run(folder, engine=VectorizedEngine(slippage=0.001))
    assert own.identity.run_id != flat.identity.run_id
    # the second run reads what the first one kept
    monkeypatch.setattr("engine.prepared.cost_inputs", None)
    again = run(folder, spread=True, engine=VectorizedEngine(slippage=0.001))
    assert again.metrics.equals(own.metrics)
    with pytest.raises(InputError, match="slippage that is one number, not 'close'"):
        run(folder, spread=True, engine=VectorizedEngine(slippage="close"))


def test_the_benchmark_is_to_hold_what_is_traded(folder):
    own = run(folder)
    assert own.benchmark == "buy and hold"
    assert own.account["benchmark"].to_list() == pytest.approx([1.0, 1.1, 1.21, 1.1, 1.1])
    both = run(folder, symbols=None)
    # of BBB, which closes at 200, 200, 220, 242, 220, half is held
    halves = [1.0, 1.05, 1.05 * 1.1, 1.155 * (1 + (0.1 - 1 / 11) / 2)]
    assert both.account["benchmark"].to_list()[:4] == pytest.approx(halves)


def test_the_benchmark_may_be_another_symbol_of_the_data(folder):
    own = run(folder, benchmark="BBB")
    assert own.benchmark == "BBB"
    assert own.account["benchmark"].to_list() == pytest.approx([1.0, 1.0, 1.1, 1.21, 1.1])
    with pytest.raises(DataMissing, match="no bars of CCC"):
        run(folder, benchmark="CCC")


def test_no_other_number_moves_when_the_benchmark_does(folder):
    one, other = run(folder), run(folder, benchmark="BBB")
    apart = {
        name for name, value in one.values.items() if value != other.values[name] and value == value
    }
    against = {
        "beta", "alpha", "correlation", "r_squared", "information_ratio", "tracking_error",
        "treynor", "capture", "up_capture", "down_capture", "batting_average",
    }  # fmt: skip
    assert apart and apart <= against


def test_each_stage_is_told(folder):
    told = []
    spec = BacktestSpec(strategy=Follow(), data=folder)
    backtest(spec, step=lambda what, done, total: told.append((what, done, total)))
    assert told == [("bars", 0, 4), ("signals", 1, 4), ("returns", 2, 4), ("metrics", 3, 4)]


# --- who it was ----------------------------------------------------------------------------------


def test_identity_comes_from_strategy_data_and_costs(folder):
    one = run(folder).identity
    assert run(folder).identity.run_id == one.run_id
    assert (one.strategy, one.frequency, one.universe) == ("follow", "1d", ("AAA",))
    assert (one.start, one.end) == (START, START + timedelta(days=4))
    others = [
        run(folder, strategy=Follow(0.5)),
        run(folder, symbols=("BBB",)),
        run(folder, engine=VectorizedEngine(fee=0.01)),
        run(folder, end="2024-01-05"),
    ]
    assert len({one.run_id, *(other.identity.run_id for other in others)}) == 5


# --- what is kept --------------------------------------------------------------------------------


def test_a_run_is_a_folder_and_a_row_of_the_catalogue(folder, tmp_path):
    for size in (0.5, 1.0):
        own = run(folder, strategy=Follow(size), asset_class="equity")
        files = own.save(tmp_path / "runs" / str(size), pictures=False)
    assert sorted(files) == sorted(
        ["account.parquet", "frame.parquet", "metrics.parquet", "trades.parquet", "run.json",
         own.identity.file_name]
    )  # fmt: skip
    assert own.identity.file_name.startswith("follow_equity_1d_")
    runs = load_runs(tmp_path / "runs", columns=("param_size", "end_equity", "strategy"))
    assert sorted(runs["param_size"]) == [0.5, 1.0]
    out = tmp_path / "runs" / "1.0"
    assert pl.read_parquet(out / "account.parquet").equals(own.account)
    head = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert head["run_id"] == own.identity.run_id
    assert head["params"] == {"size": 1.0}
    assert head["metrics"]["end_equity"] == own.values["end_equity"]
    assert head["metrics"]["average_win"] == "nan"


def test_an_earlier_run_is_replaced_only_by_force(folder, tmp_path):
    own, out = run(folder), tmp_path / "out"
    own.save(out, pictures=False)
    with pytest.raises(InputError, match="holds an earlier run; force replaces it"):
        own.save(out, pictures=False)
    other = run(folder, strategy=Follow(0.5))
    other.save(out, pictures=False, force=True)
    assert load_runs(out)["param_size"].to_list() == [0.5]


def test_other_files_are_never_replaced(folder, tmp_path):
    out = tmp_path / "out"
    run(folder).save(out, pictures=False)
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"holds other files \(notes\.txt\)"):
        run(folder).save(out, pictures=False, force=True)


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(InputError, match="is a file; name a folder"):
        check_folder(tmp_path / "file")
    with pytest.raises(InputError, match=r"cannot be written: .*; name another folder"):
        check_folder(tmp_path / "file" / "out")
    check_folder(tmp_path / "new" / "out")
    assert [item.name for item in tmp_path.iterdir()] == ["file"]


def test_a_failure_while_writing_leaves_nothing(folder, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.backtest.write_run", fail)
    with pytest.raises(OSError, match="No space left"):
        run(folder).save(tmp_path / "out", pictures=False)
    assert sorted(item.name for item in tmp_path.iterdir()) == ["bars"]


KILLED = """
import sys, time
from pathlib import Path
import engine.backtest as it
sys.path.insert(0, sys.argv[1])
from test_backtest import Follow
own = it.backtest(it.BacktestSpec(strategy=Follow(), data=sys.argv[2]))
def wait(*_):
    Path(sys.argv[3], "reached").touch()
    time.sleep(60)
it.BacktestRun.document = wait
own.save(Path(sys.argv[3], "out"), pictures=False, force=True)
"""


def test_a_run_that_is_killed_leaves_the_earlier_one(folder, tmp_path):
    own, out = run(folder), tmp_path / "out"
    own.save(out, pictures=False)
    here = str(Path(__file__).parent)
    process = subprocess.Popen([sys.executable, "-c", KILLED, here, str(folder), str(tmp_path)])
    for _ in range(600):
        if (tmp_path / "reached").exists() or process.poll() is not None:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (tmp_path / "reached").exists()
    assert load_runs(out)["run_id"].to_list() == [own.identity.run_id]
    again = run(folder, strategy=Follow(0.5))
    again.save(out, pictures=False, force=True)
    assert load_runs(out)["run_id"].to_list() == [again.identity.run_id]
    assert not (tmp_path / ".out.partial").exists()
