"""``truefill bench replicate``: a batch from its files to its files, ours against vectorbt's.

Both sides read the same signals and params, simulate, and write trades, metrics and daily returns,
each in a process of its own that has played a small batch before, so that nothing is compiled while
it is timed. Bars are in memory on both sides: a tree of batches reads them once.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from parity.bench.goals import Figure, at_least, at_most, report_of
from parity.bench.minutes import long_minutes
from parity.bench.parity import BARS, STOPWATCH
from parity.bench.race import Runner, Side
from parity.bench.stopwatch.tree import PROCESSOR
from parity.bench.timing import stats_of
from parity.environments import environment_of
from parity.platforms import find_platforms
from parity.replicate.criteria import match
from parity.replicate.generate import Asked, Draw, write_batch
from parity.replicate.layout import Tree, open_tree
from parity.replicate.ledger import Ledger, read_trades
from parity.replicate.prices import read_prices
from parity.replicate.run import How, replicate_tree
from parity.replicate.store import Place

OURS, THEIRS = "truefill", "vectorbt"
STRATEGIES, SMOKE_BARS, SMOKE_STRATEGIES = 179, 40_000, 8
# The batches of the results that the goal was set for.
BATCHES = 638
# Batches whose time is taken for the extrapolation.
COPIES = 16
LAPS = 7
# Stops as a user sets them on minutes; entries on 0.4 % of the bars.
DRAW = Draw((0.004, 0.004), (0.01, 0.03), (0.015, 0.05))
START_MS = 1_640_995_200_000
MINUTE_MS = 60_000
NAME = "X_long/batch_001"
Say = Callable[[str], None]


def bench_replicate(
    rounds: int | None = None, *, smoke: bool = False, say: Say = lambda _text: None
) -> dict[str, Any]:
    """Race one batch end to end: a document with the split, goals and an exit code.

    ``rounds`` are the calls of vectorbt, each about a minute. Raises PeerMissing when vectorbt's
    environment is absent and cannot be built.
    """
    bars, strategies = (SMOKE_BARS, SMOKE_STRATEGIES) if smoke else (BARS, STRATEGIES)
    peer = environment_of(find_platforms(THEIRS)[0], say=say)
    with tempfile.TemporaryDirectory(prefix="truefill-bench-") as folder:
        root = Path(folder)
        say("drawing signals")
        told = make_tree(root / "tree", bars, strategies)
        make_tree(root / "warm", 5_000, 4)
        tree = open_tree(str(root / "tree"))
        group = f"one batch: {bars:,} bars x {strategies} strategies"
        figures = race(tree, sides(peer.python), group, rounds or 1, say, smoke=smoke)
        say(f"replicating {COPIES} batches")
        figures += whole_tree(root, smoke=smoke)
    return report_of("replicate", figures, bars=bars, told=[told], peer=dict(peer.about))


def make_tree(root: Path, bars: int, strategies: int) -> str:
    """Bars, settings, signals and params of one batch; says what the bars are."""
    prices, told = long_minutes(bars)
    times = np.arange(bars) * MINUTE_MS + START_MS
    (root / "bars").mkdir(parents=True)
    columns = {"timestamp": pl.Series(times).cast(pl.Datetime("ms")), **prices}
    pl.DataFrame(columns).write_parquet(root / "bars" / "X.parquet")
    (root / "replicate.toml").write_text("", encoding="utf-8")
    write_batch(root / NAME, times, Asked("long", 1, strategies, 1), DRAW)
    return f"bars: {told}"


def sides(peer: Path) -> list[Side]:
    """Ours and vectorbt's, with its Numba engine, which is the faster one for many columns."""
    return [
        Side(OURS, (sys.executable, "-m", "parity.bench.stopwatch.tree_on_truefill", OURS)),
        Side(THEIRS, (str(peer), str(STOPWATCH / "tree_on_vectorbt.py"))),
    ]


def race(
    tree: Tree, racers: list[Side], group: str, rounds: int, say: Say, *, smoke: bool
) -> list[Figure]:
    """One side after the other on one batch; then what each wrote is compared."""
    root = Path(tree.place.root)
    laps: dict[str, list[Mapping[str, float]]] = {side.name: [] for side in racers}
    figures = []
    for side in racers:
        with Runner(side) as runner:
            runner.load(root, [str(root.with_name("warm"))])
            for turn in range(LAPS if side.name == OURS else rounds):
                say(f"{side.name}: call {turn + 1}")
                laps[side.name].append(runner.split())
            memory = runner.memory() / 1e9
            goal = at_most(3) if side.name == OURS else None
            figures.append(Figure(group, "peak memory", memory, "GB", goal, side.name))
    figures += splits(group, laps)
    medians = {name: total(told) for name, told in laps.items()}
    ratio = medians[THEIRS] / medians[OURS]
    figures.append(
        Figure(group, "times as fast", ratio, "x", None if smoke else at_least(60), OURS)
    )
    return figures + outcomes(tree, group)


def splits(group: str, laps: Mapping[str, list[Mapping[str, float]]]) -> list[Figure]:
    """Medians of each part, and of the whole."""
    figures = []
    for side, told in laps.items():
        for part in told[0]:
            seconds = stats_of([split[part] for split in told]).median
            figures.append(Figure(group, part, seconds, "s", side=side))
        figures.append(Figure(group, "end to end", total(told), "s", side=side))
    return figures


def total(laps: list[Mapping[str, float]]) -> float:
    """The median of whole calls."""
    whole = [sum(seconds for part, seconds in split.items() if part != PROCESSOR) for split in laps]
    return float(stats_of(whole).median)


def outcomes(tree: Tree, group: str) -> list[Figure]:
    """How many trades each side wrote, and how many are not equal in every field to the bit."""
    theirs, ours = (ledger_of(tree, side) for side in (THEIRS, OURS))
    rows = match(theirs, ours)
    odd = int((np.maximum(rows["theirs"], rows["ours"]) - rows["equal"]).sum())
    return [
        Figure(group, "trades made", int(rows["theirs"].sum()), side=THEIRS),
        Figure(group, "trades made", int(rows["ours"].sum()), side=OURS),
        Figure(group, "differing trades", odd, "", at_most(0), OURS),
    ]


def ledger_of(tree: Tree, side: str) -> Ledger:
    """The trades that a side wrote into its copy of the batch."""
    batch, place = tree.batches[0], Place(f"{tree.place.root}/{side}")
    prices = read_prices(tree.place, tree.settings, batch.asset)
    names = pl.read_csv(tree.place.at(f"{NAME}/params.csv"))["strategy"].to_list()
    return read_trades(place, replace(batch, name="."), tree.settings, names, prices.times)


def whole_tree(root: Path, *, smoke: bool) -> list[Figure]:
    """Replicate copies of the batch, with vectorbt's own results in it, as a user would."""
    tree, group = root / "tree", "truefill replicate, stored results compared"
    for name in ("trades", "metrics", "daily_returns"):
        shutil.move(tree / THEIRS / f"{name}.parquet", tree / NAME / f"{name}.parquet")
    for number in range(2, COPIES + 1):
        shutil.copytree(tree / NAME, tree / f"X_long/batch_{number:03d}")
    replicate_tree(str(root / "warm"), root / "out-warm", how=How())
    began, worked = time.perf_counter(), time.process_time()
    document = replicate_tree(str(tree), root / "out", how=How())
    each = (time.perf_counter() - began) / COPIES
    work = (time.process_time() - worked) / COPIES
    missed = document["judged"] - document["criteria"]["exact"]
    goal = None if smoke else at_most(4)
    return [
        Figure(group, "strategies", document["judged"]),
        Figure(group, "strategies that are not exact", missed, "", at_most(0)),
        Figure(group, "metrics that differ", differing(document["metrics"]), "", at_most(0)),
        Figure(group, "daily returns that differ", differing(document["daily"]), "", at_most(0)),
        Figure(group, "seconds a batch", each, "s"),
        Figure(group, "processor time a batch", work, "s"),
        Figure(group, f"{BATCHES} batches", each * BATCHES / 60, "min", goal),
    ]


def differing(sums: Mapping[str, int]) -> int:
    """What is outside its tolerance."""
    return sums["compared"] - sums["near"]
