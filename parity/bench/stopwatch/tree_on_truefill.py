"""Whole batches on our side: the parts of ``truefill replicate``, one after the other."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from parity.bench.stopwatch.tree import serve
from parity.replicate.batch import write_table
from parity.replicate.compare import own_tables
from parity.replicate.layout import Tree, open_tree
from parity.replicate.ledger import Ledger
from parity.replicate.metrics import metrics_of
from parity.replicate.prices import Prices, read_prices
from parity.replicate.signals import read_signals
from parity.replicate.simulate import Replay, fills_of, measured_of, request_of, stops_of, trades_of
from parity.replicate.tables import read_params


def prepare(root: Path) -> Callable[[], dict[str, float]]:
    """Bars in memory, and a folder of its own for what is written."""
    tree = open_tree(str(root))
    prices = read_prices(tree.place, tree.settings, tree.batches[0].asset)
    folder = root / NAME
    folder.mkdir(exist_ok=True)
    return lambda: play(tree, prices, folder)


def play(tree: Tree, prices: Prices, folder: Path) -> dict[str, float]:
    """One batch, from its files to its files; seconds of each part."""
    batch, settings, laps = tree.batches[0], tree.settings, [time.perf_counter()]
    signals = read_signals(tree.place, batch, settings)
    stops = stops_of(signals, read_params(tree.place, batch, settings), batch.name)
    assert signals.times is not None
    prices = prices.between(signals.times, batch.name)
    laps.append(time.perf_counter())
    fills, _ = fills_of(request_of(signals, stops, prices, settings), settings.model)
    laps.append(time.perf_counter())
    exits = trades_of(fills, len(signals.strategies), prices)
    laps.append(time.perf_counter())
    money = measured_of(fills, len(signals.strategies), prices, settings)
    own = metrics_of(exits, money, prices, settings.cash)
    laps.append(time.perf_counter())
    replayed = Replay(exits, money, fills, {})
    tables = own_tables(Ledger(*exits), own, replayed, prices, signals.strategies)
    for name, table in tables.items():
        write_table(folder / name.removeprefix("ours_"), table)
    laps.append(time.perf_counter())
    parts = ("read", "simulate", "trades", "metrics", "write")
    return {part: laps[n + 1] - laps[n] for n, part in enumerate(parts)}


if __name__ == "__main__":
    NAME = sys.argv[1]
    serve(prepare)
