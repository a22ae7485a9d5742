"""``truefill bench parity --platform``: our models against platforms that take orders.

Both sides play the same tape on the same minutes, each in a process of its own, in turns, and must
give the same fills in every bit.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import OptionError
from parity.bench.goals import Figure, at_least, at_most, report_of
from parity.bench.minutes import long_minutes
from parity.bench.orders import ARRAYS, TAPES, Tape, write_tape
from parity.bench.race import Runner, Side, differing_fills
from parity.bench.timing import Stats, stats_of
from parity.environments import environment_of
from parity.platforms import find_platforms

STOPWATCH = Path(__file__).parent / "stopwatch"
OURS = "truefill"
OUR_COMMAND = (sys.executable, "-m", "parity.bench.stopwatch.on_tape")
BARS, SMOKE_BARS = (100_000, 1_000_000), (5_000,)
# Of more bars than this a peer needs several seconds for a call.
LONG = 300_000
# Ours are hundreds of times shorter, so they are measured several times between two of a peer's.
LAPS = 7

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Rival:
    """A platform that takes orders: its script, how often as fast we are to be, and its idiom.

    It is called once only where there are more bars than ``long``; ``options`` are what both sides
    set.
    """

    script: str
    goal: float
    idiom: str
    options: Mapping[str, str] = field(default_factory=dict)
    long: int = LONG


# A new one is one script under stopwatch/ and one line here.
RIVALS: Mapping[str, Rival] = {
    "backtesting_py": Rival("on_backtesting_py.py", 100.0, "tape"),
    "backtrader": Rival("on_backtrader.py", 500.0, "bracket"),
    "zipline": Rival(
        "on_zipline.py",
        500.0,
        "exact",
        options={"data_frequency": "minute", "calendar": "24/7", "slippage_model": "none"},
    ),
}


def bench_tapes(
    platform: str,
    rounds: int | None = None,
    *,
    smoke: bool = False,
    say: Say = lambda _text: None,
) -> dict[str, Any]:
    """Race every tape at every length: a document with figures, goals and an exit code.

    ``rounds`` are the calls of the platform. ``smoke`` is a quick run that only proves that it
    works. Raises PeerMissing when the platform's environment is absent and cannot be built.
    """
    if platform not in RIVALS:
        known = ", ".join(sorted(RIVALS))
        raise OptionError(f"no race of tapes against {platform!r}; there is one against {known}")
    rival = RIVALS[platform]
    (peer,) = find_platforms(f"{platform}+{rival.idiom}")
    environment = environment_of(peer, say=say)
    figures: list[Figure] = []
    told = [f"{tape.name}: {tape.told}" for tape in TAPES]
    with tempfile.TemporaryDirectory(prefix="truefill-bench-") as folder:
        for bars in SMOKE_BARS if smoke else BARS:
            prices, source = long_minutes(bars)
            told.append(f"{bars:,} bars: {source}")
            for tape in TAPES:
                arrays = write_tape(tape, prices, Path(folder))
                sides = [
                    Side(
                        OURS,
                        (*OUR_COMMAND, peer.model, json.dumps({**peer.options, **rival.options})),
                    ),
                    Side(platform, (str(environment.python), str(STOPWATCH / rival.script))),
                ]
                heat = Heat(tape, bars, arrays, rounds or (1 if bars > rival.long else 3))
                figures += race(heat, sides, None if smoke else rival.goal, say)
    return report_of("parity", figures, told=told, peer=dict(environment.about))


@dataclass(frozen=True, slots=True)
class Heat:
    """One race: a tape on so many bars, its arrays, and how often the platform runs."""

    tape: Tape
    bars: int
    arrays: Path
    rounds: int

    @property
    def name(self) -> str:
        """The title of its table."""
        return f"{self.tape.name}: {self.bars:,} bars"


def race(heat: Heat, sides: Sequence[Side], goal: float | None, say: Say) -> list[Figure]:
    """Both sides in turns; what each needed, whether all fills are equal, and the ratio."""
    laps: dict[str, list[float]] = {side.name: [] for side in sides}
    with ExitStack() as stack:
        runners = [stack.enter_context(Runner(side)) for side in sides]
        for runner in runners:
            runner.load(heat.arrays, ARRAYS)
        runners[0].run()  # compiles, or reads the cache
        for turn in range(heat.rounds):
            for runner in runners:
                for _ in range(LAPS if runner.side.name == OURS else 1):
                    laps[runner.side.name].append(runner.run())
            say(f"{heat.name}: round {turn + 1} of {heat.rounds}")
        stats = {side: stats_of(seconds) for side, seconds in laps.items()}
        figures = [*times_of(heat, stats), *fills_of(heat, runners)]
    ours, theirs = (stats[side.name].median for side in sides)
    bound = None if goal is None else at_least(goal)
    return [*figures, Figure(heat.name, "times as fast", theirs / ours, "x", bound, OURS)]


def times_of(heat: Heat, told: Mapping[str, Stats]) -> list[Figure]:
    """Median and shortest call, and bars to a second."""
    figures = []
    for side, stats in told.items():
        figures += [
            Figure(heat.name, "call, median", stats.median * 1e3, "ms", side=side),
            Figure(heat.name, "call, shortest", stats.min * 1e3, "ms", side=side),
            Figure(heat.name, "bars a second", round(heat.bars / stats.median), side=side),
            Figure(heat.name, "calls", stats.rounds, side=side),
        ]
    return figures


def fills_of(heat: Heat, runners: Sequence[Runner]) -> list[Figure]:
    """How many fills, their checksum, and how many are not the platform's to the bit."""
    files = [heat.arrays / f"fills-{place}.npy" for place in range(len(runners))]
    figures = []
    for runner, file in zip(runners, files, strict=True):
        told = runner.fills(file)
        side = runner.side.name
        figures += [
            Figure(heat.name, "fills", told["fills"], side=side),
            Figure(heat.name, "checksum of fills", told["checksum"], side=side),
        ]
    odd = differing_fills(*files)
    return [*figures, Figure(heat.name, "differing fills", odd, "", at_most(0), OURS)]
