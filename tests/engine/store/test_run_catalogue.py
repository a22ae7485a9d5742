"""Thousands of runs are one frame, whatever columns each of them has."""

from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import pytest

from engine.errors import DataMissing, InputError, SchemaDrift
from engine.metrics import CATALOGUE
from engine.metrics.catalogue import lengthen
from engine.store.catalogue import load_runs, scan_runs, write_run
from engine.store.identity import RunIdentity


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


RUN = RunIdentity(
    strategy="sma_cross",
    strategy_version="1",
    strategy_code="c0de",
    data_version="da7a",
    frequency="1d",
    start=datetime(2024, 1, 1, tzinfo=UTC),
    end=datetime(2024, 12, 31, tzinfo=UTC),
    universe=("AAPL",),
    cost_model="next_open-1f3a9c2b",
    params={"fast": 20},
    code_version="truefill 0.1.0",
)


def store(folder, sharpe, strategy="sma_cross", **params):
    own = replace(RUN, strategy=strategy, params=params)
    return write_run(folder, own, lengthen({"sharpe": sharpe}))


def test_one_row_for_each_run(tmp_path):
    for fast in (5, 10, 20):
        store(tmp_path, fast / 10, fast=fast)
    runs = load_runs(tmp_path, columns=("param_fast", "sharpe", "strategy"))
    assert sorted(runs.rows()) == [
        (5, 0.5, "sma_cross"), (10, 1.0, "sma_cross"), (20, 2.0, "sma_cross")
    ]  # fmt: skip
    whole = load_runs(tmp_path)
    assert [metric.name for metric in CATALOGUE] == whole.columns[-len(CATALOGUE) - 1 : -1]


def test_the_same_run_again_takes_the_place_of_the_first(tmp_path):
    store(tmp_path, 1.0, fast=5)
    store(tmp_path, 2.0, fast=5)
    assert load_runs(tmp_path)["sharpe"].to_list() == [2.0]


def test_folders_are_searched_at_any_depth(tmp_path):
    store(tmp_path / "a" / "b", 1.0, fast=5)
    store(tmp_path / "c", 2.0, fast=6)
    (tmp_path / "c" / "account.parquet").write_bytes(b"not a run, and not looked at")
    assert load_runs(tmp_path).height == 2
    assert load_runs(tmp_path / "a", tmp_path / "c").height == 2


def test_runs_of_other_parameters_and_kinds_of_number(tmp_path):
    store(tmp_path, 1.0, fast=5)
    store(tmp_path, 2.0, fast=5.5, short=-1.0)
    store(tmp_path, 3.0, "breakout", window=50, stop="wide")
    runs = load_runs(tmp_path).sort("sharpe")
    assert runs["param_fast"].to_list() == [5.0, 5.5, None]
    assert runs["param_short"].to_list() == [None, -1.0, None]
    assert runs["param_stop"].to_list() == [None, None, "wide"]
    assert load_runs(tmp_path, strategy="breakout")["param_window"].to_list() == [50]


def test_a_metric_that_older_runs_lack_is_null_there(tmp_path):
    old = store(tmp_path, 1.0, fast=5)
    pl.read_parquet(old).drop("calmar").write_parquet(old)
    store(tmp_path, 2.0, fast=6)
    assert load_runs(tmp_path).sort("sharpe")["calmar"].is_null().to_list() == [True, False]


def test_some_rows_and_some_columns(tmp_path):
    for fast in (5, 10):
        store(tmp_path, fast / 10, fast=fast)
    chosen = scan_runs(tmp_path).filter(pl.col("sharpe") > 0.6).select("param_fast")
    assert chosen.collect().rows() == [(10,)]
    assert load_runs(tmp_path, where=pl.col("param_fast") == 5)["sharpe"].to_list() == [0.5]


def test_two_thousand_runs(tmp_path):
    """Written as one file each; whole numbers and fractions, as a search leaves them."""
    template = pl.read_parquet(store(tmp_path, 1.0, fast=1)).drop("param_fast")
    for at in range(2, 2001):
        fast = at if at % 2 else at + 0.5
        row = template.with_columns(
            pl.lit(f"{at:064x}").alias("run_id"), pl.lit(fast).alias("param_fast")
        )
        row.write_parquet(
            tmp_path / f"sma-cross_any_1d_{at:012x}.parquet",
            statistics=False,
            compression="uncompressed",
        )
    runs = load_runs(tmp_path, columns=("run_id", "param_fast"))
    assert runs.height == 2000
    assert runs["run_id"].n_unique() == 2000
    assert runs["param_fast"].sum() == sum(range(1, 2001)) + 1000 * 0.5


def test_only_what_is_new_or_changed_is_read_again(tmp_path, monkeypatch):
    opened = []
    real = pl.read_parquet_schema

    def count(file):
        opened.append(file.name)
        return real(file)

    monkeypatch.setattr(pl, "read_parquet_schema", count)
    first, second = (store(tmp_path, float(fast), fast=fast) for fast in (1, 2))
    load_runs(tmp_path)
    opened.clear()
    assert load_runs(tmp_path)["sharpe"].to_list() == load_runs(tmp_path)["sharpe"].to_list()
    assert opened == []
    third = store(tmp_path, 3.5, fast=3.5, short=1.0)
    assert sorted(load_runs(tmp_path)["param_fast"]) == [1.0, 2.0, 3.5]
    assert opened == [third.name]
    store(tmp_path, 20.0, fast=2)
    assert sorted(load_runs(tmp_path)["sharpe"]) == [1.0, 3.5, 20.0]
    assert opened == [third.name, second.name]
    third.unlink()
    assert "param_short" not in load_runs(tmp_path).columns
    first.unlink()
    assert load_runs(tmp_path)["sharpe"].to_list() == [20.0]
    assert len(opened) == 2


def test_a_damaged_or_missing_cache_only_costs_time(tmp_path, monkeypatch):
    store(tmp_path / "runs", 1.0, fast=1)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    load_runs(tmp_path / "runs")
    (kept,) = (tmp_path / "cache").rglob("*.parquet")
    kept.write_bytes(b"half")
    assert load_runs(tmp_path / "runs").height == 1
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert load_runs(tmp_path / "runs").height == 1


def test_what_is_no_run_is_named(tmp_path):
    with pytest.raises(DataMissing, match="there is no run"):
        load_runs(tmp_path)
    store(tmp_path, 1.0, fast=5)
    with pytest.raises(InputError, match="no run has \\['sharp'\\]"):
        load_runs(tmp_path, columns=("sharp",))
    stray = tmp_path / "sma-cross_any_1d_0123456789ab.parquet"
    stray.write_bytes(b"half a file")
    with pytest.raises(SchemaDrift, match=r"0123456789ab\.parquet is no Parquet file"):
        load_runs(tmp_path)
    pl.DataFrame({"a": [1]}).write_parquet(stray)
    with pytest.raises(SchemaDrift, match="is no run: it has no run_id"):
        load_runs(tmp_path)
