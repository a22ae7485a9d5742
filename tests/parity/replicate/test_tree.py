"""A whole tree: the stored one replicates to the bit; a story has numbers a hand can check."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from trees import STORED, copy_stored, entry_of, run, write_story, write_trades

from parity.replicate.record import differing_files
from parity.replicate.report.words import sentences
from parity.replicate.run import replicate_tree

EXACT = {"exact": 160, "count_5": 160, "pnl_2": 160, "pnl_10": 160, "first_ten": 160, "prices": 160}


def test_the_stored_tree_is_what_its_manifest_says() -> None:
    assert differing_files(STORED) == []


def test_a_changed_byte_of_a_stored_tree_is_noticed(tmp_path: Path) -> None:
    tree = copy_stored(tmp_path / "tree", "ETH_short/batch_001")
    (tree / "manifest.json").write_bytes((STORED / "manifest.json").read_bytes())
    (tree / "ETH_short/batch_001/params.csv").write_text("strategy\n", encoding="utf-8")
    odd = differing_files(tree)
    assert "ETH_short/batch_001/params.csv" in odd
    assert "ETH_short/batch_002/params.csv" in odd
    assert "ETH_short/batch_001/trades.parquet" not in odd


def test_every_strategy_of_the_stored_tree_replicates_to_the_bit(tmp_path: Path) -> None:
    told = run(STORED, tmp_path / "out")
    assert told["exit_code"] == 0
    assert told["criteria"] == EXACT
    assert told["trades"] == {"theirs": 13_488, "ours": 13_488, "equal": 13_488}
    assert told["daily"]["exact"] == told["daily"]["compared"] == 4960
    assert told["metrics"]["near"] == told["metrics"]["compared"] == 1760


def test_all_but_ratios_of_bar_returns_are_the_same_to_the_bit(tmp_path: Path) -> None:
    run(copy_stored(tmp_path / "tree"), tmp_path / "out")
    rows = pl.concat(pl.read_parquet(path) for path in (tmp_path / "out").rglob("metrics.parquet"))
    odd = rows.filter(~pl.col("exact"))["metric"].unique().sort().to_list()
    assert odd == ["max_drawdown", "sharpe_ratio", "sortino_ratio"]
    assert rows["metric"].n_unique() == 11


def test_a_story_by_hand(tmp_path: Path) -> None:
    told = run(write_story(tmp_path / "tree"), tmp_path / "out", whole=True)
    assert told["exit_code"] == 0
    assert told["trades"] == {"theirs": 1, "ours": 1, "equal": 1}
    folder = tmp_path / "out" / "X_long" / "batch_001"
    ours = pl.read_parquet(folder / "ours_trades.parquet").row(0, named=True)
    assert (ours["size"], ours["exit_price"], ours["pnl"]) == (10.0, 9.0, -10.0)
    metrics = pl.read_parquet(folder / "ours_metrics.parquet").row(0, named=True)
    # The value falls from 100 to 90 and stays there; three of five bars have no return.
    assert (metrics["end_value"], metrics["max_drawdown"]) == (90.0, 90 / 100 - 1)
    assert pl.read_parquet(folder / "ours_daily_returns.parquet")["a"].to_list() == [90 / 100 - 1]


@pytest.mark.parametrize(
    ("change", "passed"),
    [
        ({"exit_price": 9.0000001}, {"count_5", "pnl_2", "pnl_10", "prices"}),
        ({"pnl": -10.3}, {"count_5", "pnl_10", "prices"}),
        ({"pnl": -12.0}, {"count_5", "prices"}),
        ({"exit_price": 9.02}, {"count_5", "pnl_2", "pnl_10"}),
        ({"direction": "short"}, {"count_5", "pnl_2", "pnl_10"}),
    ],
)
def test_each_criterion_can_fail(tmp_path: Path, change: dict[str, object], passed: set) -> None:
    tree = write_story(tmp_path / "tree")
    write_trades(tree / "X_long" / "batch_001", **change)
    told = run(tree, tmp_path / "out")
    assert told["exit_code"] == 1
    assert {name for name, count in told["criteria"].items() if count} == passed
    rows = pl.read_parquet(tmp_path / "out/X_long/batch_001/strategies.parquet")
    assert rows["status"].to_list() == ["differs"]
    both = pl.read_parquet(tmp_path / "out/X_long/batch_001/differing.parquet")
    assert both["side"].to_list() == ["theirs", "ours"]


def test_a_wrong_metric_or_day_is_seen_although_the_trades_agree(tmp_path: Path) -> None:
    tree = write_story(tmp_path / "tree")
    rows = pl.DataFrame({"strategy": ["a"], "total_return": [-0.2], "magic": [1.0]})
    rows.write_parquet(tree / "X_long/batch_001/metrics.parquet")
    told = run(tree, tmp_path / "out")
    assert told["exit_code"] == 1
    assert told["criteria"]["exact"] == 1
    entry = entry_of(told, "X_long/batch_001")
    assert entry["metrics"] == {"compared": 1, "exact": 0, "near": 0}
    assert entry["unknown_metrics"] == ["magic"]


def test_stops_in_percent_and_zeros_that_mean_none(tmp_path: Path) -> None:
    tree = write_story(tmp_path / "tree")
    settings = tree / "replicate.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text + '[stops]\nunit = "percent"\nnone = [0]\n', encoding="utf-8")
    (tree / "X_long/batch_001/params.csv").write_text("id,sl,tp,tsl\na,10,0,0\n", encoding="utf-8")
    assert run(tree, tmp_path / "out")["criteria"]["exact"] == 1


def test_what_the_model_cannot_express_is_told_and_the_others_are_replayed(tmp_path: Path) -> None:
    tree = write_story(tmp_path / "tree")
    folder = tree / "X_long" / "batch_001"
    flags = pl.read_parquet(folder / "signals.parquet").with_columns(b=pl.col("a"))
    flags.write_parquet(folder / "signals.parquet")
    (folder / "params.csv").write_text("strategy,sl,tsl\na,0.1,\nb,0.1,0.1\n", encoding="utf-8")
    told = run(tree, tmp_path / "out")
    assert (told["criteria"]["exact"], told["unsupported"], told["exit_code"]) == (1, 1, 1)
    rows = pl.read_parquet(tmp_path / "out/X_long/batch_001/strategies.parquet")
    assert rows["status"].to_list() == ["exact", "unsupported"]
    assert "one stop-loss slot" in rows["reason"][1]


def test_the_columns_of_vectorbts_own_records_and_times_in_nanoseconds(tmp_path: Path) -> None:
    tree = write_story(tmp_path / "tree")
    path = tree / "X_long/batch_001/trades.parquet"
    named = {
        "strategy": "Column",
        "entry_time": "Entry Timestamp",
        "exit_time": "Exit Timestamp",
        "size": "Size",
        "entry_price": "Avg Entry Price",
        "exit_price": "Avg Exit Price",
        "pnl": "PnL",
    }
    rows = pl.read_parquet(path).select(*named).rename(named)
    rows.with_columns(pl.col("^.*Timestamp$").dt.cast_time_unit("ns")).write_parquet(path)
    told = run(tree, tmp_path / "out")
    assert told["exit_code"] == 0
    # The folder says that it is long; fees, return and status are told by nobody.
    assert entry_of(told, "X_long/batch_001")["fields"] == [
        "entry_bar", "exit_bar", "side", "size", "entry_price", "exit_price", "pnl"
    ]  # fmt: skip


def test_trades_kept_in_32_bits_are_compared_in_32_bits(tmp_path: Path) -> None:
    tree = write_story(tmp_path / "tree")
    folder = tree / "X_long" / "batch_001"
    rows = pl.read_parquet(folder / "trades.parquet")
    rows.with_columns(pl.col("return").cast(pl.Float32())).write_parquet(folder / "trades.parquet")
    assert run(tree, tmp_path / "out")["criteria"]["exact"] == 1


def test_entries_at_the_close_and_at_the_next_open(tmp_path: Path) -> None:
    tree = write_story(tmp_path / "tree")
    settings = tree / "replicate.toml"
    text = settings.read_text(encoding="utf-8")
    folder = tree / "X_long" / "batch_001"
    settings.write_text(text + '[script]\nentry_price = "next_open"\n', encoding="utf-8")
    flags = pl.read_parquet(folder / "signals.parquet")
    earlier = flags.with_columns(a=pl.Series([True, False, False, False, True]))
    earlier.write_parquet(folder / "signals.parquet")
    assert run(tree, tmp_path / "out")["criteria"]["exact"] == 1


def test_the_model_of_pro_plays_both_stops_and_says_that_it_is_unproven(tmp_path: Path) -> None:
    """The trailing stop at 50 % never matters, so the story is the same."""
    tree = write_story(tmp_path / "tree")
    params = tree / "X_long" / "batch_001" / "params.csv"
    params.write_text("strategy,sl,tsl\na,0.1,0.5\n", encoding="utf-8")
    told = replicate_tree(str(tree), tmp_path / "out", model="vectorbt_pro")
    assert told["criteria"]["exact"] == 1
    assert told["unproven"] == "unproven against the platform"
    assert "The model vectorbt_pro is unproven against the platform." in sentences(told)
