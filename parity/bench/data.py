"""Loading and resampling, raced against DuckDB, pandas and polars written by hand.

Ratios of resampling are of processor time, all threads together, which a busy machine moves
little; those of loading are of the time one waits, most of which is not spent on a processor.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from engine.errors import PeerFailed
from parity.bench.goals import Figure, Goal, at_least, at_most
from parity.bench.hive import COUNT, MONTHS, build_hive, month_of
from parity.bench.minutes import bars_of
from parity.bench.race import Runner, Side, differing_fills
from parity.bench.timing import stats_of
from parity.environments import environment_of
from parity.platforms import Platform

DUCKDB: Final = Platform("duckdb", "2.0.1", "queries", "")
STOPWATCH: Final = Path(__file__).parent / "stopwatch"
OURS: Final = "truefill"
BARS, SMOKE_BARS = 1_000_000, 10_000
# Of polars and our own code in memory, and of a month of one symbol.
MEMORY: Final = at_most(300.0)
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Heat:
    """One race: a title, what its sides are told, and how their times are to compare.

    ``goals``: by rival, how many times as much as ours it is to need. ``within``: ours over the
    least of theirs. Times are of the processor or, if it ``waits``, of the whole call.
    """

    title: str
    settings: Mapping[str, Any]
    sides: Sequence[Side]
    goals: Mapping[str, Goal]
    within: Goal | None = None
    memory: Goal | None = None
    waits: bool = False


def data_figures(
    rounds: int = 15, *, smoke: bool = False, say: Say = lambda _text: None
) -> tuple[list[Figure], list[str]]:
    """The figures, and sentences that say what they were taken on.

    Each side has a process of its own; they take turns, and must give the same bars to the bit.
    Raises PeerMissing where DuckDB's environment cannot be built, PeerFailed where bars differ.
    """
    environment = environment_of(DUCKDB, say=say)
    hive, told = build_hive(*((2, 3) if smoke else (COUNT, MONTHS)), say=say)
    rounds = 2 if smoke else rounds
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="truefill-bench-") as folder:
        minutes = Path(folder) / "minutes.parquet"
        source = write_minutes(minutes, SMOKE_BARS if smoke else BARS)
        for heat in (
            load_heat(hive, environment.python, smoke=smoke),
            month_heat(hive, smoke=smoke),
            hours_heat(minutes, environment.python, smoke=smoke),
        ):
            figures += race(heat, Path(folder), rounds, say)
    return figures, [told, f"minutes made to hours: {source}"]


def load_heat(hive: Path, python: Path, *, smoke: bool) -> Heat:
    """One month of one symbol, from nothing but the folder's name."""
    month = 2 if smoke else 13
    settings = {
        "hive": str(hive),
        "symbol": "000002" if smoke else "000007",
        "start": month_of(month).isoformat(),
        "end": month_of(month + 1).isoformat(),
    }
    sides = [_own("load"), _rival(python, "duckdb", "load"), _rival(python, "pandas", "pandas")]
    goals = {} if smoke else {"duckdb": at_least(2.0), "pandas": at_least(4.0)}
    title = "one month of one symbol from hive folders"
    memory = None if smoke else MEMORY
    return Heat(title, settings, sides, goals, memory=memory, waits=True)


def month_heat(hive: Path, *, smoke: bool) -> Heat:
    """The same month of all symbols: how much memory it takes."""
    settings = {**load_heat(hive, hive, smoke=smoke).settings, "symbol": None}
    title = "the same month of all symbols"
    return Heat(title, settings, [_own("load")], {}, memory=None if smoke else MEMORY)


def hours_heat(minutes: Path, python: Path, *, smoke: bool) -> Heat:
    """Hours of minutes in memory; DuckDB's second way trusts their order and has one thread."""
    sides = [
        _own("hours"),
        _own("polars", "polars, windows"),
        _own("truncate", "polars, truncated"),
        _rival(python, "duckdb", "hours"),
        _rival(python, "duckdb, as they come", "plain"),
    ]
    title = f"{SMOKE_BARS if smoke else BARS:,} minutes to hours"
    return Heat(title, {"minutes": str(minutes)}, sides, {}, None if smoke else at_most(1.2))


def race(heat: Heat, folder: Path, rounds: int, say: Say) -> list[Figure]:
    """Call every side in turns, and see that all give the same bars."""
    (folder / "settings.json").write_text(json.dumps(dict(heat.settings)), encoding="utf-8")
    with ExitStack() as stack:
        runners = [stack.enter_context(Runner(side)) for side in heat.sides]
        first: dict[str, float] = {}
        for runner in runners:
            runner.load(folder, [])
            first[runner.side.name] = runner.run()
        laps: dict[str, list[tuple[float, float]]] = {one.side.name: [] for one in runners}
        for number in range(rounds):
            say(f"{heat.title}: round {number + 1} of {rounds}")
            for runner in runners:
                laps[runner.side.name].append(runner.times())
        memory = runners[0].memory()
        bars = [one.fills(folder / f"{place}.npy") for place, one in enumerate(runners)]
    for place, runner in enumerate(runners[1:], start=1):
        wrong = differing_fills(folder / "0.npy", folder / f"{place}.npy")
        if wrong:
            raise PeerFailed(f"{heat.title}: {runner.side.name} gives {wrong} other bars than ours")
    times = {name: _medians(own) for name, own in laps.items()}
    calls = [
        Figure(heat.title, "first call of a process", seconds * 1e3, "ms", side=name)
        for name, seconds in first.items()
    ]
    return calls + _figures(heat, times, bars, memory)


def _medians(laps: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Of whole calls, and of processor time."""
    wall, cpu = zip(*laps, strict=True)
    return float(stats_of(wall).median), float(stats_of(cpu).median)


def _figures(
    heat: Heat,
    times: Mapping[str, tuple[float, float]],
    bars: Sequence[Mapping[str, Any]],
    memory: int,
) -> list[Figure]:
    title = heat.title
    figures = [
        Figure(title, word, pair[place] * 1e3, "ms", side=name)
        for place, word in enumerate(("call, median", "processor time, median"))
        for name, pair in times.items()
    ]
    medians = {name: wall if heat.waits else cpu for name, (wall, cpu) in times.items()}
    ours = medians[OURS]
    for told, name in zip(bars, medians, strict=True):
        figures.append(Figure(title, "bars", told["fills"], side=name))
        figures.append(Figure(title, "checksum", told["checksum"], side=name))
    for name, seconds in list(medians.items())[1:]:
        goal = heat.goals.get(name)
        figures.append(Figure(title, "times as much as ours", seconds / ours, "x", goal, name))
    if heat.within is not None:
        best = min(seconds for name, seconds in medians.items() if name != OURS)
        figures.append(Figure(title, "ours over the best", ours / best, "x", heat.within, OURS))
    if heat.memory is not None:
        figures.append(Figure(title, "peak memory", memory / 1e6, "MB", heat.memory, OURS))
    return figures


def write_minutes(file: Path, count: int) -> str:
    """One symbol's minutes from 2020 on, with a volume; a sentence says what they are."""
    bars, source = bars_of(count)
    bars.write_parquet(file)
    return source


def _own(way: str, name: str = OURS) -> Side:
    return Side(name, (sys.executable, "-m", "parity.bench.stopwatch.on_loader", way))


def _rival(python: Path, name: str, way: str) -> Side:
    return Side(name, (str(python), str(STOPWATCH / "on_duckdb.py"), way))
