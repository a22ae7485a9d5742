"""The race of whole batches, with our own side in the place of vectorbt's."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from parity.bench import trees
from parity.bench.race import Side
from parity.bench.stopwatch import tree_on_truefill as ours

COMMAND = (sys.executable, "-m", "parity.bench.stopwatch.tree_on_truefill")


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both sides are ours, so they must be equally right."""
    both = [Side(name, (*COMMAND, name)) for name in (trees.OURS, trees.THEIRS)]
    peer = SimpleNamespace(python=Path("python"), about={"version": "0"})
    monkeypatch.setattr(trees, "environment_of", lambda *_args, **_more: peer)
    monkeypatch.setattr(trees, "sides", lambda _python: both)


@pytest.mark.usefixtures("alone")
def test_both_sides_write_the_same_trades_and_the_tree_replicates(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trees, "SMOKE_BARS", 6_000)
    document = trees.bench_replicate(smoke=True)
    told = {(figure["name"], figure["side"]): figure["value"] for figure in document["figures"]}
    assert document["exit_code"] == 0
    assert told["trades made", "truefill"] == told["trades made", "vectorbt"] > 0
    assert told["strategies", ""] == 8 * trees.COPIES
    assert {"read", "simulate", "trades", "metrics", "write"} <= {name for name, _ in told}


def test_a_differing_trade_misses_its_goal(tmp_path: Path) -> None:
    trees.make_tree(tmp_path / "tree", 6_000, 4)
    tree = trees.open_tree(str(tmp_path / "tree"))
    for name in (trees.OURS, trees.THEIRS):
        (tmp_path / "tree" / name).mkdir()
        prices = trees.read_prices(tree.place, tree.settings, "X")
        ours.play(tree, prices, tmp_path / "tree" / name)
    path = tmp_path / "tree" / trees.OURS / "trades.parquet"
    rows = trees.pl.read_parquet(path)
    rows.with_columns(trees.pl.col("pnl") + 1e-9).write_parquet(path)
    figure = trees.outcomes(tree, "group")[-1]
    assert figure.value == rows.height
    assert figure.missed
