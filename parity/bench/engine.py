"""``truefill bench engine``: the research engine against the libraries its users would take.

One symbol of a million real minutes, the crossing of two means, from bars to equity, trades and all
metrics; nine figures of returns; loading a month from hive folders, making hours of minutes; how
long the strategies that ship take for their signals, and what the bridge between Polars and
compiled loops costs. Sides have processes of their own and take turns; what they find is compared
in the same run. Ratios are of processor time, all threads together: a busy machine moves it little,
and ours is the side that uses several threads.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parity.bench.bridge import bridge_figures
from parity.bench.data import data_figures
from parity.bench.goals import Figure, at_least, at_most, report_of
from parity.bench.minutes import long_minutes
from parity.bench.race import Runner, Side
from parity.bench.signals import signal_figures
from parity.bench.timing import Stats, stats_of
from parity.environments import environment_of
from parity.metrics.anchors import LIBRARIES
from parity.platforms import find_platforms

STOPWATCH = Path(__file__).parent / "stopwatch"
OURS = "truefill"
BARS, SMOKE_BARS = 1_000_000, 20_000
# Ours are many times shorter, so they are measured several times between two of a peer's.
LAPS = 3
SAME, ROUNDED = 1e-9, 1e-4

Say = Callable[[str], None]
Arrays = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Rival:
    """Who is raced: a name, its script, what ours is to be times as fast, and how close they end.

    ``rounds`` are its calls; one that never ``warms`` has no first call that is not counted.
    """

    name: str
    command: tuple[str, ...]
    goal: float | None
    close: float
    rounds: int = 3
    warms: bool = True


def bench_engine(
    rounds: int | None = None, *, smoke: bool = False, say: Say = lambda _text: None
) -> dict[str, Any]:
    """Race all of it: a document with figures, goals and an exit code.

    ``rounds`` are the calls of each peer in the first two races; calls of milliseconds are made
    more often. ``smoke`` is a quick run on few bars that only proves that it works. Raises
    PeerMissing when an environment is absent and cannot be built.
    """
    prices, told = long_minutes(SMOKE_BARS if smoke else BARS)
    goals = not smoke
    with tempfile.TemporaryDirectory(prefix="truefill-bench-") as folder:
        place = Path(folder)
        figures = crossing(prices, place / "bars", rounds, goals=goals, say=say)
        figures += nine(prices, place, rounds, goals=goals, say=say)
    loading, sources = data_figures(smoke=smoke, say=say)
    figures += loading + signal_figures(smoke=smoke, say=say)
    figures += bridge_figures(smoke=smoke, say=say)
    return report_of("engine", figures, told=[f"bars: {told}", *sources])


def crossing(
    prices: Arrays, folder: Path, rounds: int | None, *, goals: bool, say: Say
) -> list[Figure]:
    """The crossing of two means on every side."""
    write(folder, prices, {})
    group = f"crossing of two means: {len(prices['close']):,} bars"
    ours = Rival(OURS, (sys.executable, "-m", "parity.bench.stopwatch.cross_on_truefill"), None, 0)
    sides = [ours, *rivals(say)]
    figures, stats, found = race(group, sides, folder, list(prices), rounds, say)
    for rival in sides[1:]:
        ratio = stats[rival.name].median / stats[OURS].median
        goal = at_least(rival.goal) if goals and rival.goal else None
        figures.append(Figure(group, "ours is times as fast", ratio, "x", goal, rival.name))
        figures += differences(group, found[OURS], found[rival.name], rival)
    return figures


def rivals(say: Say) -> list[Rival]:
    """vectorbt's two engines and backtesting.py, each in its environment."""
    vectorbt = environment_of(find_platforms("vectorbt")[0], say=say).python
    other = environment_of(find_platforms("backtesting_py")[0], say=say).python
    script, slow = (
        str(STOPWATCH / f"cross_on_{name}.py") for name in ("vectorbt", "backtesting_py")
    )
    return [
        Rival("vectorbt numba", (str(vectorbt), script, "numba"), 4, SAME),
        Rival("vectorbt rust", (str(vectorbt), script, "rust"), 4, SAME),
        # It trades whole units, of which the account has millions, so it ends a little elsewhere.
        Rival("backtesting_py", (str(other), slow), 80, ROUNDED, rounds=1, warms=False),
    ]


def differences(group: str, ours: NDArray[Any], theirs: NDArray[Any], rival: Rival) -> list[Figure]:
    """How many round trips are not the same two bars, and how far final equity lies apart."""
    both = min(len(ours), len(theirs))
    odd = abs(len(ours) - len(theirs))
    for name in ("entry", "exit"):
        odd = max(odd, int((ours[name][:both] != theirs[name][:both]).sum()))
    apart = abs(theirs["return"][-1] / ours["return"][-1] - 1.0)
    return [
        Figure(group, "differing round trips", odd, "", at_most(0), rival.name),
        Figure(group, "final equity apart", apart, "", at_most(rival.close), rival.name),
    ]


def nine(
    prices: Arrays, folder: Path, rounds: int | None, *, goals: bool, say: Say
) -> list[Figure]:
    """Nine figures of a long and of a short series of returns."""
    close = prices["close"]
    minutes, days = (prices_[1:] / prices_[:-1] - 1.0 for prices_ in (close, close[::1440]))
    python = environment_of(LIBRARIES["empyrical"], say=say).python
    sides = [
        Rival(OURS, (sys.executable, "-m", "parity.bench.stopwatch.nine_on_truefill"), None, 0),
        Rival("empyrical", (str(python), str(STOPWATCH / "nine_on_empyrical.py")), None, 1e-12),
    ]
    figures: list[Figure] = []
    for returns, times, goal in ((minutes, 1, 10.0), (days[:252], 1000, 50.0)):
        group = f"nine metrics: {len(returns):,} returns"
        write(folder / "returns", {"returns": returns}, {"times": times})
        told, stats, found = race(group, sides, folder / "returns", ["returns"], rounds, say)
        ratio = stats["empyrical"].median / stats[OURS].median
        apart = float(np.max(np.abs(found[OURS] / found["empyrical"] - 1.0)))
        bound = at_least(goal) if goals else None
        figures += [
            *told,
            Figure(group, "ours is times as fast", ratio, "x", bound, "empyrical"),
            Figure(group, "largest relative difference", apart, "", at_most(1e-12), "empyrical"),
        ]
    return figures


def race(
    group: str, sides: Sequence[Rival], folder: Path, arrays: Sequence[str], rounds: int | None,
    say: Say,
) -> tuple[list[Figure], dict[str, Stats], dict[str, NDArray[Any]]]:  # fmt: skip
    """All sides in turns; what each needed, its processor times, and what it found."""
    laps: dict[str, list[tuple[float, float]]] = {side.name: [] for side in sides}
    with ExitStack() as stack:
        runners = [stack.enter_context(Runner(Side(side.name, side.command))) for side in sides]
        for side, runner in zip(sides, runners, strict=True):
            runner.load(folder, arrays)
            if side.warms:
                runner.run()
        for turn in range(max(rounds or side.rounds for side in sides)):
            for side, runner in zip(sides, runners, strict=True):
                calls = LAPS if side.name == OURS else 1
                if turn < (rounds or side.rounds):
                    laps[side.name] += [runner.times() for _ in range(calls)]
            say(f"{group}: round {turn + 1}")
        clock = {side: stats_of([wall for wall, _ in pairs]) for side, pairs in laps.items()}
        stats = {side: stats_of([cpu for _, cpu in pairs]) for side, pairs in laps.items()}
        found, figures = {}, []
        for runner in runners:
            name, file = runner.side.name, folder / "found.npy"
            told = runner.fills(file)
            found[name] = np.load(file)
            figures += told_of(group, name, (clock[name], stats[name]), runner.memory(), told)
    return figures, stats, found


def told_of(
    group: str, side: str, stats: tuple[Stats, Stats], memory: int, told: Mapping[str, Any]
) -> list[Figure]:
    """Times, memory, and how much was found, with its checksum."""
    clock, cpu = stats
    return [
        Figure(group, "call, median", clock.median * 1e3, "ms", side=side),
        Figure(group, "processor time, median", cpu.median * 1e3, "ms", side=side),
        Figure(group, "processor time, shortest", cpu.min * 1e3, "ms", side=side),
        Figure(group, "calls", cpu.rounds, side=side),
        Figure(group, "peak memory", memory / 1e9, "GB", side=side),
        Figure(group, "rows found", told["fills"], side=side),
        Figure(group, "checksum", told["checksum"], side=side),
    ]


def write(folder: Path, arrays: Arrays, settings: Mapping[str, Any]) -> None:
    """What a side loads."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
