"""A tree that was made by other rules than ours: the page says which."""

from __future__ import annotations

from pathlib import Path

from trees import copy_stored, entry_of, run

from parity.replicate.layout import open_tree
from parity.replicate.ledger import Ledger, frame_of
from parity.replicate.prices import read_prices
from parity.replicate.report.files import write_report
from parity.replicate.signals import read_signals
from parity.replicate.simulate import replay, stops_of
from parity.replicate.tables import read_params

BATCH = "ETH_short/batch_001"


def test_trades_filled_at_the_close_are_explained_by_just_that(tmp_path: Path) -> None:
    root = copy_stored(tmp_path / "tree", BATCH)
    settings = root / "replicate.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('entry_price = "open"', 'entry_price = "close"'))
    rewrite_trades(root)
    settings.write_text(text)
    document = run(root, tmp_path / "out", explain=2)
    assert document["exit_code"] == 1
    told = entry_of(document, BATCH)["causes"]
    assert len(told) == 2
    assert [cause["rules"] for cause in told] == [["signals fill at the close of their bar"]] * 2
    assert all(cause["explained"] and cause["parting"] for cause in told)
    write_report(document, tmp_path / "out")
    page = (tmp_path / "out" / "replicate.md").read_text(encoding="utf-8")
    (drawn,) = (tmp_path / "out" / "why").iterdir()
    assert f"(why/{drawn.name})" in page
    assert drawn.read_text(encoding="utf-8").startswith("<svg")
    assert "| signals fill at the close of their bar | 2 |" in page
    assert "They part on bar" in page


def rewrite_trades(root: Path) -> None:
    """Let the model itself make the trades of a batch under the settings that are there."""
    tree = open_tree(str(root))
    batch, settings = tree.batches[0], tree.settings
    prices = read_prices(tree.place, settings, batch.asset)
    signals = read_signals(tree.place, batch, settings)
    stops = stops_of(signals, read_params(tree.place, batch, settings), "params")
    made = replay(signals, stops, prices, settings)
    frame_of(Ledger(*made.exits), signals.strategies, prices.times).write_parquet(
        root / BATCH / "trades.parquet"
    )
