"""``truefill bench optimizer``: searches of an SMA cross beside those of the peers.

Each side searches the same bars in a process of its own, computes its metrics, and must end with
the same equity as ours, set by set. Rates are sets per second of processor time: the machine may be
busy.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from parity.bench.goals import Figure, Goal, at_least, at_most, report_of
from parity.bench.minutes import long_minutes
from parity.bench.race import Runner, Side
from parity.bench.walkforward import walkforward_figures
from parity.environments import environment_of
from parity.platforms import find_platforms

STOPWATCH: Final = Path(__file__).parent / "stopwatch"
PRICES: Final = ("open", "high", "low", "close")
SWEEP, CHECK, MANY, THREADS = "sweep", "the same equity", "many sets", "threads"
KERNEL, POLARS, VECTORBT, BACKTESTING = "kernel", "polars", "vectorbt", "backtesting.py"
CASH: Final = 1e12
# backtesting.py buys whole units: of this much money, one is less than 1e-6 of all.
ROUNDING: Final = {KERNEL: 1e-12, POLARS: 1e-12, VECTORBT: 1e-9, BACKTESTING: 1e-6}
NUDGE: Final = 1e-6

Say = Callable[[str], None]
Pairs = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Size:
    """How much each side does."""

    bars: int
    peer: int
    few: int
    ours: int
    polars: int
    many: int
    rounds: int


FULL: Final = Size(100_000, 100, 3, 5_000, 400, 100_000, 3)
SMOKE: Final = Size(5_000, 6, 2, 40, 6, 2_000, 1)


def bench_optimizer(*, smoke: bool = False, say: Say = lambda _text: None) -> dict[str, Any]:
    """A document with figures, goals and an exit code.

    ``smoke`` is a quick run on few bars that sets no goal for speed. Raises PeerMissing when a
    peer's environment is absent and cannot be built.
    """
    size = SMOKE if smoke else FULL
    with tempfile.TemporaryDirectory(prefix="truefill-bench-") as folder, ExitStack() as stack:
        arrays, told = write_arrays(size, Path(folder))
        runners = {side.name: stack.enter_context(Runner(side)) for side in sides(say)}
        figures = race(runners, arrays, size, say)
        figures += same_equity(runners, arrays)
    with tempfile.TemporaryDirectory(prefix="truefill-bench-") as folder:
        arrays, _ = write_arrays(size, Path(folder))
        figures += threads(arrays, size, say)
        figures += many(arrays, size, say)
    say("walk-forward and overfitting")
    figures += walkforward_figures(smoke=smoke, say=say)
    if smoke:
        figures = [without_goal(figure) for figure in figures]
    return report_of("optimizer", figures, bars=size.bars, told=[told])


def sides(say: Say) -> list[Side]:
    """The four who search."""
    return [
        ours(KERNEL, 1),
        ours(POLARS, 1),
        Side(VECTORBT, peer("vectorbt", "sweep_on_vectorbt.py", say)),
        Side(BACKTESTING, peer("backtesting_py", "sweep_on_backtesting_py.py", say)),
    ]


def ours(name: str, jobs: int) -> Side:
    """One of ours, with so many threads, and as many of Polars for the indicators."""
    command = [sys.executable, "-m", "parity.bench.stopwatch.sweep_on_truefill", name, str(jobs)]
    return Side(name, command, {"POLARS_MAX_THREADS": str(jobs)})


def peer(platform: str, script: str, say: Say) -> list[str]:
    """The command of a peer's stopwatch in its environment."""
    found = environment_of(find_platforms(platform)[0], say=say)
    return [str(found.python), str(STOPWATCH / script)]


def write_arrays(size: Size, folder: Path) -> tuple[Path, str]:
    """Prices, and the sets of each side; those of the peers are the first of ours."""
    prices, told = long_minutes(size.bars)
    # No two means are ever equal, so that the last digit of a mean decides nothing.
    nudge = 1.0 + NUDGE * np.random.default_rng(5).uniform(-1.0, 1.0, size.bars)
    arrays: dict[str, NDArray[Any]] = {name: prices[name] * nudge for name in PRICES}
    raced = [(fast, slow) for fast in range(5, 55, 5) for slow in range(60, 260, 20)]
    more = [(fast, slow) for fast in range(4, 54) for slow in range(62, 262, 2)]
    wide = [(fast, slow) for fast in range(2, 402) for slow in range(402, 902, 2)]
    chosen: dict[str, Pairs] = {
        "": raced[:: max(1, len(raced) // size.peer)][: size.peer],
        f"{KERNEL}_": [*raced, *more][: size.ours],
        f"{POLARS}_": [*raced, *more][: size.polars],
        "many_": wide[: size.many],
    }
    if size is SMOKE:
        chosen |= {f"{name}_": chosen[""] for name in (KERNEL, POLARS)}
    for name, pairs in chosen.items():
        table = np.array(pairs, dtype=np.int64)
        arrays |= {f"{name}fast": table[:, 0].copy(), f"{name}slow": table[:, 1].copy()}
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    settings = {"cash": CASH, "few": size.few}
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder, f"bars: {told}; nudged by at most {NUDGE:g} of a price, so that no means tie"


def names_for(name: str) -> list[str]:
    """The arrays a side takes."""
    prefix = f"{name}_" if name in (KERNEL, POLARS, "many") else ""
    return [*PRICES, f"{prefix}fast", f"{prefix}slow"]


def race(runners: Mapping[str, Runner], arrays: Path, size: Size, say: Say) -> list[Figure]:
    """All sides in turns, after one call that compiles; sets per second of processor time."""
    counts = {KERNEL: size.ours, POLARS: size.polars, VECTORBT: size.peer, BACKTESTING: size.few}
    spent: dict[str, list[float]] = {name: [] for name in runners}
    for name, runner in runners.items():
        say(f"first call, {name}")
        runner.load(arrays, names_for(name))
        runner.run()
    for turn in range(size.rounds):
        for name, runner in runners.items():
            spent[name].append(runner.times()[1])
        say(f"round {turn + 1} of {size.rounds}")
    sets = {name: min(counts[name], len(np.load(arrays / f"{names_for(name)[-1]}.npy")))
            for name in runners}  # fmt: skip
    rates = {name: sets[name] / statistics.median(spent[name]) for name in runners}
    return [*_rates(rates, sets, runners), *_ratios(rates)]


def _rates(
    rates: Mapping[str, float], sets: Mapping[str, int], runners: Mapping[str, Runner]
) -> list[Figure]:
    figures = []
    for name, rate in rates.items():
        figures += [
            Figure(SWEEP, "sets a call", float(sets[name]), side=name),
            Figure(SWEEP, "sets per CPU second", rate, "/s", side=name),
            Figure(SWEEP, "peak memory", runners[name].memory() / 1e9, "GB", side=name),
        ]
    return figures


def _ratios(rates: Mapping[str, float]) -> list[Figure]:
    goals: dict[tuple[str, str], Goal | None] = {
        (KERNEL, VECTORBT): at_least(60),
        (KERNEL, BACKTESTING): at_least(1_500),
        (POLARS, VECTORBT): at_least(4),
    }
    return [
        Figure(
            SWEEP, f"times {other}", rates[own] / rates[other], "x", goals.get((own, other)), own
        )
        for own in (KERNEL, POLARS)
        for other in (VECTORBT, BACKTESTING)
    ]  # fmt: skip


def same_equity(runners: Mapping[str, Runner], arrays: Path) -> list[Figure]:
    """What each side ends with beside our kernel, for the sets that both searched."""
    found = {}
    for place, (name, runner) in enumerate(runners.items()):
        file = arrays / f"found-{place}.npy"
        checksum = runner.fills(file)["checksum"]
        found[name] = (_pairs(arrays, name), np.load(file), checksum)
    known = dict(zip(found[KERNEL][0], found[KERNEL][1], strict=True))
    figures = []
    for name, (pairs, rows, checksum) in found.items():
        both = [(known[pair], row) for pair, row in zip(pairs, rows, strict=False) if pair in known]
        scale = 1.0 if name in (KERNEL, POLARS) else CASH
        apart = max(abs(row["price"] / scale / own["price"] - 1.0) for own, row in both)
        trades = "bar" if name == BACKTESTING else "quantity"
        other = sum(row["quantity"] != own[trades] for own, row in both)
        figures += [
            Figure(CHECK, "sets compared", float(len(both)), side=name),
            Figure(CHECK, "trades", float(sum(row["quantity"] for _, row in both)), side=name),
            Figure(CHECK, "checksum", checksum, side=name),
            Figure(CHECK, "largest relative difference", apart, "", at_most(ROUNDING[name]), name),
            Figure(CHECK, "sets with other trades", float(other), "", at_most(0), name),
        ]
    return figures


def _pairs(arrays: Path, name: str) -> list[tuple[int, int]]:
    fast, slow = (np.load(arrays / f"{one}.npy").tolist() for one in names_for(name)[-2:])
    return list(zip(fast, slow, strict=True))


def threads(arrays: Path, size: Size, say: Say) -> list[Figure]:
    """The same search by one thread and by two, by the clock, in turns."""
    times: dict[int, list[float]] = {1: [], 2: []}
    checksums = {}
    with ExitStack() as stack:
        runners = {jobs: stack.enter_context(Runner(ours(KERNEL, jobs))) for jobs in times}
        for runner in runners.values():
            runner.load(arrays, names_for(KERNEL))
            runner.run()
        for turn in range(size.rounds + 2):
            say(f"one thread and two, round {turn + 1}")
            for jobs, runner in runners.items():
                times[jobs].append(runner.run())
        for jobs, runner in runners.items():
            checksums[jobs] = runner.fills(arrays / f"threads-{jobs}.npy")["checksum"]
    one, two = (min(times[jobs]) for jobs in (1, 2))
    return [
        Figure(THREADS, "one thread, shortest", one, "s"),
        Figure(THREADS, "two threads, shortest", two, "s"),
        Figure(THREADS, "times as fast", one / two, "x", at_least(1.7)),
        Figure(THREADS, "checksum, one", checksums[1]),
        Figure(THREADS, "checksum, two", checksums[2]),
        Figure(THREADS, "other results", float(checksums[1] != checksums[2]), "", at_most(0)),
    ]


def many(arrays: Path, size: Size, say: Say) -> list[Figure]:
    """So many sets in one search: what memory it needs."""
    say(f"{size.many:,} sets in one search")
    with Runner(ours("many", 2)) as runner:
        runner.load(arrays, names_for("many"))
        seconds, spent = runner.times()
        told = runner.fills(arrays / "many.npy")
        peak = runner.memory() / 1e9
    return [
        Figure(MANY, "sets", float(told["fills"])),
        Figure(MANY, "seconds", seconds, "s"),
        Figure(MANY, "sets per CPU second", told["fills"] / spent, "/s"),
        Figure(MANY, "peak memory", peak, "GB", at_most(1.0)),
        Figure(MANY, "checksum", told["checksum"]),
    ]


def without_goal(figure: Figure) -> Figure:
    """A quick run only asks for equal results."""
    kept = figure.goal is None or (figure.goal.at_least is False and figure.goal.bound < 1e-5)
    return figure if kept else Figure(
        figure.group, figure.name, figure.value, figure.unit, None, figure.side
    )  # fmt: skip
