"""``truefill bench parity``: our engine against vectorbt's two engines, in the same run.

Every side plays the same arrays and must give the same fills, every field to the bit.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parity.bench.goals import Figure, at_least, at_most, report_of
from parity.bench.minutes import long_minutes
from parity.bench.race import Runner, Side, differing_fills
from parity.bench.timing import Stats, stats_of
from parity.bench.workloads import (
    WORKLOADS,
    Workload,
    dense_arrays,
    sparse_arrays,
    write_arrays,
)
from parity.environments import environment_of
from parity.platforms import find_platforms

STOPWATCH = Path(__file__).parent / "stopwatch"
OUR_COMMAND = (sys.executable, "-m", "parity.bench.stopwatch.on_truefill")
BARS, SMOKE_BARS = 1_112_627, 60_000
STRATEGIES, SMOKE_STRATEGIES = (1, 20, 179), (1, 20)
# Goals are set for the size at which a batch of a user's is run.
RACED = 179
# The model of VectorBT Pro, unproven against it, under the options that say the open edition.
PRO = "truefill pro"
OURS = ("truefill sparse", "truefill dense", PRO)
REFERENCE = "vectorbt numba"
# Ours are thousands of times shorter; several between two calls of a peer measure them as well.
LAPS = 5

# Cells of a heat in which one call of a peer takes half a minute.
LONG = 5e7

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Heat:
    """One race: a workload at a size, its arrays, and how often each peer runs."""

    workload: Workload
    size: int
    bars: int
    arrays: Path
    rounds: int

    @property
    def name(self) -> str:
        """The title of its table."""
        return f"{self.workload.name}: {self.bars:,} bars x {self.size} strategies"

    @property
    def has_goals(self) -> bool:
        """Goals are set for one workload, at the size at which users run a batch."""
        return self.workload is WORKLOADS[0] and self.size >= RACED


def bench_parity(
    strategies: Sequence[int] | None = None,
    rounds: int | None = None,
    *,
    smoke: bool = False,
    say: Say = lambda _text: None,
) -> dict[str, Any]:
    """Race all workloads at all sizes: a document with figures, goals and an exit code.

    ``rounds`` are the warm calls of each vectorbt engine; without it they are few where one takes
    half a minute. ``smoke`` is a quick run on few bars that only proves that it works. Raises
    PeerMissing when vectorbt's environment is absent and cannot be built.
    """
    sizes = strategies or (SMOKE_STRATEGIES if smoke else STRATEGIES)
    prices, told = long_minutes(SMOKE_BARS if smoke else BARS)
    bars = len(prices["close"])
    peer = environment_of(find_platforms("vectorbt")[0], say=say)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="truefill-bench-") as folder:
        place = Path(folder)
        say("first call, without and with a cache")
        arrays = write_arrays(WORKLOADS[1], prices, 1, place / "first")
        racers = sides(peer.python, place / "cache")
        figures += first_calls(racers[0], arrays, WORKLOADS[1], smoke=smoke)
        for workload in WORKLOADS:
            for size in sizes:
                say(f"{workload.name}, {size} strategies")
                arrays = write_arrays(workload, prices, size, place / "arrays")
                times = rounds or (1 if size * bars > LONG else 3)
                figures += race(Heat(workload, size, bars, arrays, times), racers, say)
    told_more = [f"bars: {told}", *(f"{item.name}: {item.told}" for item in WORKLOADS)]
    return report_of("parity", figures, bars=bars, told=told_more, peer=dict(peer.about))


def sides(peer: Path, cache: Path) -> list[Side]:
    """Those who race; only ours are fast enough to be told apart by how signals come."""
    theirs = [str(peer), str(STOPWATCH / "on_vectorbt.py")]
    return [
        *(Side(name, command_of(name), {"NUMBA_CACHE_DIR": str(cache)}) for name in OURS),
        Side(REFERENCE, [*theirs, "numba"]),
        Side("vectorbt rust", [*theirs, "rust"]),
    ]


def command_of(name: str) -> tuple[str, ...]:
    """How one of our sides is run."""
    return (*OUR_COMMAND, "vectorbt_pro") if name == PRO else OUR_COMMAND


def names_for(side: Side, workload: Workload) -> list[str]:
    """The arrays a side takes."""
    return sparse_arrays(workload) if side.name in (OURS[0], PRO) else dense_arrays(workload)


def first_calls(side: Side, arrays: Path, workload: Workload, *, smoke: bool) -> list[Figure]:
    """The first call of a process: when nothing is compiled yet, then from the cache."""
    group, figures = "first call of a process, 1 strategy", []
    for name, goal in (("after install", at_most(15)), ("from cache", at_most(1))):
        with Runner(side) as runner:
            runner.load(arrays, names_for(side, workload))
            figures.append(Figure(group, name, runner.run(), "s", None if smoke else goal))
    return figures


def race(heat: Heat, racers: Sequence[Side], say: Say) -> list[Figure]:
    """All sides on one workload, in turns; what each needed, and whether all fills are equal."""
    laps: dict[str, list[float]] = {side.name: [] for side in racers}
    figures = []
    with ExitStack() as stack:
        runners = [stack.enter_context(Runner(side)) for side in racers]
        for runner in runners:
            name = runner.side.name
            runner.load(heat.arrays, names_for(runner.side, heat.workload))
            figures.append(Figure(heat.name, "first call", runner.run(), "s", side=name))
        for turn in range(heat.rounds):
            for runner in runners:
                for _ in range(LAPS if runner.side.name in OURS else 1):
                    laps[runner.side.name].append(runner.run())
            say(f"{heat.name}: round {turn + 1} of {heat.rounds}")
        stats = {side: stats_of(seconds) for side, seconds in laps.items()}
        figures += times_of(heat, stats) + memory_of(heat, runners) + fills_of(heat, runners)
    return figures + speedups_of(heat, stats)


def times_of(heat: Heat, told: dict[str, Stats]) -> list[Figure]:
    """Warm calls: median, shortest, and nanoseconds per bar and strategy."""
    figures, cells, group = [], heat.size * heat.bars, heat.name
    for side, stats in told.items():
        figures += [
            Figure(group, "warm call, median", stats.median * 1e3, "ms", side=side),
            Figure(group, "warm call, shortest", stats.min * 1e3, "ms", side=side),
            Figure(group, "per bar and strategy", stats.median / cells * 1e9, "ns", side=side),
            Figure(group, "warm calls", stats.rounds, side=side),
        ]
    return figures


def memory_of(heat: Heat, runners: Sequence[Runner]) -> list[Figure]:
    """The most each process ever held, its arrays included."""
    return [
        Figure(
            heat.name,
            "peak memory",
            runner.memory() / 1e9,
            "GB",
            at_most(1.5) if runner.side.name in OURS and heat.has_goals else None,
            runner.side.name,
        )
        for runner in runners
    ]


def fills_of(heat: Heat, runners: Sequence[Runner]) -> list[Figure]:
    """How many fills, their checksum, and how many are not vectorbt's (Numba) to the bit."""
    files = {
        runner.side.name: heat.arrays / f"fills-{place}.npy" for place, runner in enumerate(runners)
    }
    told = {runner.side.name: runner.fills(files[runner.side.name]) for runner in runners}
    figures, group = [], heat.name
    for side, file in files.items():
        odd = differing_fills(file, files[REFERENCE])
        figures += [
            Figure(group, "fills", told[side]["fills"], side=side),
            Figure(group, "checksum of fills", told[side]["checksum"], side=side),
        ]
        if side != REFERENCE:
            figures.append(Figure(group, "differing fills", odd, "", at_most(0), side))
    return figures


def speedups_of(heat: Heat, told: dict[str, Stats]) -> list[Figure]:
    """How many times as fast as the faster vectorbt engine, by medians."""
    fastest = min(stats.median for side, stats in told.items() if side not in OURS)
    goals = {OURS[0]: at_least(300), OURS[1]: at_least(80)} if heat.has_goals else {}
    return [
        Figure(heat.name, "times as fast", fastest / told[side].median, "x", goals.get(side), side)
        for side in OURS
    ]
