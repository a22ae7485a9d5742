"""A batch that cannot be used is told, and the run goes on with the others."""

from __future__ import annotations

import errno
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from trees import copy_stored, entry_of, minutes, run, write_bars, write_story

from engine.errors import FileMissing, OptionError, TreeError
from parity.replicate import batch as batches
from parity.replicate.settings import read_settings

BROKEN, WHOLE = "X_long/batch_001", "X_long/batch_002"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A story twice: one batch to break, one that stays as it is."""
    root = write_story(tmp_path / "tree")
    shutil.copytree(root / BROKEN, root / WHOLE)
    return root


def error_of(tree: Path, out: Path, code: int = 2) -> tuple[str, str]:
    """What is told of the broken batch; the other one is replicated all the same."""
    told = run(tree, out)
    assert told["exit_code"] == code
    assert entry_of(told, WHOLE)["criteria"]["exact"] == 1
    assert told["batches_by_status"] == {"failed": 1, "replicated": 1}
    error = entry_of(told, BROKEN)["error"]
    return error["kind"], error["message"]


def rewrite(path: Path, change: Any) -> None:
    """Read a table, change it, write it again."""
    change(pl.read_parquet(path)).write_parquet(path)


def test_signals_on_other_bars_than_the_prices(tree: Path, tmp_path: Path) -> None:
    later = pl.col("timestamp").dt.offset_by("30s")
    rewrite(tree / BROKEN / "signals.parquet", lambda rows: rows.with_columns(later))
    kind, message = error_of(tree, tmp_path / "out")
    assert kind == "BarsMismatch"
    assert "row 0 is of 2024-03-04 00:00:30, the bar there is of 2024-03-04 00:01:00" in message


def test_signals_that_lack_a_bar_in_the_middle(tree: Path, tmp_path: Path) -> None:
    path = tree / BROKEN / "signals.parquet"
    rewrite(path, lambda rows: rows.with_row_index().filter(pl.col("index") != 2).drop("index"))
    kind, message = error_of(tree, tmp_path / "out")
    assert kind == "BarsMismatch"
    assert "row 2 is of 2024-03-04 00:03:00, the bar there is of 2024-03-04 00:02:00" in message


def test_signals_without_times_and_a_row_too_many(tree: Path, tmp_path: Path) -> None:
    def change(rows: pl.DataFrame) -> pl.DataFrame:
        return pl.concat([rows, rows.head(1)]).drop("timestamp")

    rewrite(tree / BROKEN / "signals.parquet", change)
    kind, message = error_of(tree, tmp_path / "out")
    assert kind == "BarsMismatch"
    assert "6 rows for 5 bars" in message


def test_params_without_a_strategy(tree: Path, tmp_path: Path) -> None:
    (tree / BROKEN / "params.csv").write_text("strategy,sl\nb,0.1\n", encoding="utf-8")
    kind, message = error_of(tree, tmp_path / "out")
    assert kind == "ParamsIncomplete"
    assert "no row for strategy 'a'" in message


def test_one_id_twice_in_the_params(tree: Path, tmp_path: Path) -> None:
    (tree / BROKEN / "params.csv").write_text("strategy,sl\na,0.1\na,0.2\n", encoding="utf-8")
    kind, message = error_of(tree, tmp_path / "out")
    assert kind == "DuplicateStrategy"
    assert "'a' occurs twice (again at row 1)" in message


def test_one_id_twice_in_the_metrics(tree: Path, tmp_path: Path) -> None:
    rewrite(tree / BROKEN / "metrics.parquet", lambda rows: pl.concat([rows, rows]))
    assert error_of(tree, tmp_path / "out")[0] == "DuplicateStrategy"


def test_two_columns_for_one_side_of_a_strategy(tree: Path, tmp_path: Path) -> None:
    path = tree / BROKEN / "signals.parquet"
    rewrite(path, lambda rows: rows.with_columns(a_long=pl.col("a")))
    kind, message = error_of(tree, tmp_path / "out")
    assert kind == "DuplicateStrategy"
    assert "a second entry of a" in message


def test_trades_of_a_strategy_without_signals(tree: Path, tmp_path: Path) -> None:
    path = tree / BROKEN / "trades.parquet"
    rewrite(path, lambda rows: rows.with_columns(strategy=pl.lit("z")))
    kind, message = error_of(tree, tmp_path / "out")
    assert kind == "StrategyUnknown"
    assert "row 0: strategy 'z' has no signals" in message


@pytest.mark.parametrize(
    "name", ["signals.parquet", "trades.parquet", "metrics.parquet", "daily_returns.parquet"]
)
@pytest.mark.parametrize("left", [0, 4, 200])
def test_parquet_that_was_cut_off(tree: Path, tmp_path: Path, name: str, left: int) -> None:
    path = tree / BROKEN / name
    path.write_bytes(path.read_bytes()[:left])
    kind, message = error_of(tree, tmp_path / "out")
    assert kind == "FileCorrupt"
    assert str(path) in message


def test_a_matrix_of_words(tree: Path, tmp_path: Path) -> None:
    path = tree / BROKEN / "signals.parquet"
    rewrite(path, lambda rows: rows.with_columns(a=pl.lit("yes")))
    kind, message = error_of(tree, tmp_path / "out")
    assert kind == "FileCorrupt"
    assert "column 'a' is String, not boolean" in message


def test_a_stop_that_is_no_number(tree: Path, tmp_path: Path) -> None:
    (tree / BROKEN / "params.csv").write_text("strategy,sl\na,tight\n", encoding="utf-8")
    assert error_of(tree, tmp_path / "out")[0] == "FileCorrupt"


def test_trades_without_prices(tree: Path, tmp_path: Path) -> None:
    rewrite(tree / BROKEN / "trades.parquet", lambda rows: rows.drop("exit_price"))
    kind, message = error_of(tree, tmp_path / "out")
    assert kind == "FileCorrupt"
    assert "no column for exit_price" in message


def test_a_price_of_zero_stops_the_platform_and_so_the_batch(tree: Path, tmp_path: Path) -> None:
    rows = [(10, 10, 10, 10), (0, 10, 0, 10), (10, 11, 9.5, 10), (10, 10, 8.5, 9), (9, 9, 9, 9)]
    write_bars(tree / "bars" / "X.parquet", rows)
    told = run(tree, tmp_path / "out")
    assert told["errors"] == {"PlatformRefusal": 2}
    assert "strategy 'a'" in entry_of(told, BROKEN)["error"]["message"]


def test_a_clock_that_maps_two_bars_to_one(tmp_path: Path) -> None:
    """In Chicago 07:30 UTC of 3 November 2024 shows half past one again, an hour after 06:30."""
    tree = copy_stored(tmp_path / "tree", "BTC_longshort/batch_001")
    settings = tree / "replicate.toml"
    text = settings.read_text(encoding="utf-8")
    bars = write_bars(
        tmp_path / "autumn.parquet", [(10, 10, 10, 10)] * 120, datetime(2024, 11, 3, 6, 30)
    )
    pl.read_parquet(bars).with_columns(symbol=pl.lit("BTCUSDT")).write_parquet(bars)
    path = next(line for line in text.splitlines() if line.startswith("path"))
    text = text.replace(path, f'path = "{bars}"').replace('repeated = "first"\n', "")
    settings.write_text(text, encoding="utf-8")
    error = run(tree, tmp_path / "out")["batches"][0]["error"]
    assert error["kind"] == "ClockClash"
    assert "shows 2024-11-03 08:30:00+00:00 twice" in error["message"]


def test_disk_full_in_the_middle(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = batches.write_batch

    def full(job: batches.Job, found: batches.Found) -> None:
        if job.batch.name == BROKEN:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(job, found)

    monkeypatch.setattr(batches, "write_batch", full)
    kind, message = error_of(tree, tmp_path / "out", code=3)
    assert kind == "StoreError"
    assert "No space left on device" in message
    monkeypatch.undo()
    assert run(tree, tmp_path / "out")["exit_code"] == 0


def test_a_file_that_fills_the_disk_leaves_nothing_half_written(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: Any, **_more: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    assert run(tree, tmp_path / "out")["errors"] == {"StoreError": 2}
    assert not list((tmp_path / "out").rglob("*.parquet"))
    assert not list((tmp_path / "out").rglob("*partial*"))


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("signals.parquet", "incomplete", 2),
        ("params.csv", "incomplete", 2),
        ("trades.parquet", "incomplete", 2),
        ("metrics.parquet", "replicated", 0),
        ("daily_returns.parquet", "replicated", 0),
    ],
)
def test_a_missing_file_is_named_and_the_rest_is_checked(
    tree: Path, tmp_path: Path, name: str, status: str, code: int
) -> None:
    (tree / BROKEN / name).unlink()
    told = run(tree, tmp_path / "out")
    entry = entry_of(told, BROKEN)
    assert (entry["status"], told["exit_code"]) == (status, code)
    assert name in entry["missing"]
    assert told["missing"][name] == 1
    assert told["missing"]["candidates.parquet"] == 2


def test_without_signals_metrics_are_checked_by_the_trades(tree: Path, tmp_path: Path) -> None:
    (tree / BROKEN / "signals.parquet").unlink()
    entry = entry_of(run(tree, tmp_path / "out"), BROKEN)
    assert entry["checked"] == ["metrics by trades"]
    assert entry["metrics"] == {"compared": 1, "exact": 1, "near": 1}
    rewrite(tree / BROKEN / "metrics.parquet", lambda rows: rows.with_columns(win_rate=pl.lit(1.0)))
    entry = entry_of(run(tree, tmp_path / "out"), BROKEN)
    assert entry["metrics"] == {"compared": 1, "exact": 0, "near": 0}


def test_bars_that_are_not_there(tree: Path, tmp_path: Path) -> None:
    (tree / "bars" / "X.parquet").unlink()
    assert run(tree, tmp_path / "out")["errors"] == {"FileMissing": 2}


def test_bars_that_do_not_rise(tree: Path, tmp_path: Path) -> None:
    rewrite(tree / "bars" / "X.parquet", lambda rows: rows.reverse())
    assert run(tree, tmp_path / "out")["errors"] == {"BarsMismatch": 2}


def test_a_folder_that_is_no_tree(tmp_path: Path) -> None:
    with pytest.raises(FileMissing, match="no such folder"):
        run(tmp_path / "nowhere", tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(TreeError, match="no batch found"):
        run(tmp_path / "empty", tmp_path / "out")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("model = 1", "model is 1; it must be str"),
        ("modle = 'x'", r"unknown keys \['modle'\]"),
        ("[script]\nsize = 'half'", 'it is a number or "all"'),
        ("[script]\nentry_price = 'vwap'", "it is one of"),
        ("[clock]\nzone = 'Mars/Olympus'", "not a time zone"),
        ("[clock]\nzone = 'UTC'\nrepeated = 'both'", "it is raise, first or last"),
        ("[stops]\nunit = 'pips'", "it is fraction or percent"),
        ("[columns.trades]\nprice = 'P'", "unknown keys"),
        ("no toml", "replicate.toml"),
    ],
)
def test_settings_that_are_not_understood(text: str, told: str) -> None:
    with pytest.raises(TreeError, match=told):
        read_settings(text)


def test_a_model_that_does_not_exist(tree: Path, tmp_path: Path) -> None:
    (tree / "replicate.toml").write_text("model = 'excel'\n", encoding="utf-8")
    with pytest.raises(OptionError, match="unknown model 'excel'"):
        run(tree, tmp_path / "out")


def test_a_folder_that_is_no_batch_is_named(tree: Path, tmp_path: Path) -> None:
    (tree / "X_long" / "notes").mkdir()
    (tree / "X_long" / "notes" / "read.me").write_text("x", encoding="utf-8")
    told = run(tree, tmp_path / "out")
    assert told["strange"] == ["X_long/notes"]
    assert told["exit_code"] == 0


def test_minutes_are_what_they_seem() -> None:
    assert minutes(2)[1] == datetime(2024, 3, 4, 0, 1)
