"""Exposures kept at a share of equity: bt, vectorbt and backtesting.py beside our two engines.

The cases are literal closes and wanted exposures; what each library made of them is stored. All
trade the close of the bar that decides, without costs and without rounding to units.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from engine.errors import PeerFailed, ReferenceStale
from engine.execution.records import Floats
from engine.script import Account, Script
from engine.simulate import simulate
from engine.store.aside import write_text_aside
from engine.store.digest import file_digest
from engine.vectorized import VectorizedEngine
from parity.environments import PROJECT, environment_of, peer_environ
from parity.platforms import PEERS, Platform, find_platforms

HOME: Final = PROJECT / "reference_data" / "exposures"
CASES: Final = HOME / "cases.json"
KEPT: Final = PEERS / "kept"
START: Final = datetime(2020, 1, 1, tzinfo=UTC)

BT: Final = Platform("bt", "1.4.1", "weights", "")


@dataclass(frozen=True, slots=True)
class Library:
    """Who is asked, by which script, and how far it may end from us.

    backtesting.py trades whole units, of which its account has thousands of millions.
    """

    platform: Platform
    script: Path
    within: float


def libraries() -> tuple[Library, ...]:
    """All that are asked."""
    vectorbt, *_ = find_platforms("vectorbt")
    (other,) = find_platforms("backtesting_py")
    return (
        Library(BT, BT.recorder, 1e-12),
        Library(vectorbt, KEPT / "on_vectorbt.py", 1e-12),
        Library(other, KEPT / "on_backtesting_py.py", 1e-9),
    )


@dataclass(frozen=True, slots=True)
class Compared:
    """One library's answer to one case: how far our engines are from it at most, relatively."""

    library: str
    case: str
    screen: float
    house: float
    within: float

    @property
    def agrees(self) -> bool:
        """Both are as near as can be asked."""
        return max(self.screen, self.house) <= self.within


def compare_exposures() -> list[Compared]:
    """Every stored answer beside what the screen and the house model make of its case."""
    cases, rows = read_cases(), []
    for library in libraries():
        for name, answer in read_answers(library).items():
            screen, house = (
                float(np.abs(own(cases[name]) / answer - 1.0).max())
                for own in (screened, simulated)
            )
            rows.append(Compared(library.platform.name, name, screen, house, library.within))
    return rows


def read_cases() -> dict[str, Any]:
    """The stored cases by name: a story, closes and exposures by symbol, and who is asked."""
    cases: dict[str, Any] = json.loads(CASES.read_text(encoding="utf-8"))
    return cases


def read_answers(library: Library) -> dict[str, Floats]:
    """Equity at each close of one unit of money, by case; ReferenceStale if the cases changed."""
    path = answers_of(library)
    told = json.loads(path.read_text(encoding="utf-8"))
    if told["cases"] != file_digest(CASES) or told["version"] != library.platform.version:
        raise ReferenceStale(f"{path} answers other cases, or for another version; record it again")
    return {name: np.array(equity) for name, equity in told["equity"].items()}


def answers_of(library: Library) -> Path:
    """Where a library's answers are stored."""
    return HOME / f"{library.platform.name}@{library.platform.version}.json"


def record_exposures(say: Callable[[str], None] = lambda _text: None) -> None:
    """Ask every library again, each in its own environment, and store what it says.

    Raises PeerMissing if an environment cannot be built, PeerFailed if a script fails.
    """
    for library in libraries():
        python = environment_of(library.platform, say=say).python
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "answers.json"
            command = list(map(str, (python, library.script, CASES, out)))
            done = subprocess.run(
                command, capture_output=True, text=True, env=peer_environ(), check=False
            )
            if done.returncode or not out.exists():
                raise PeerFailed(f"{library.platform.name} failed: {done.stderr[-600:]}")
            write_text_aside(answers_of(library), out.read_text(encoding="utf-8"))
        say(f"{library.platform.name} {library.platform.version} was asked again")


def bars_of(case: Mapping[str, Any]) -> pl.DataFrame:
    """Bars of one price each, a day apart, with the wanted exposure as ``signal``."""
    frames = []
    for symbol, close in case["close"].items():
        days = [START + timedelta(days=day) for day in range(len(close))]
        prices = dict.fromkeys(("open", "high", "low", "close"), close)
        told = {"timestamp": days, "symbol": symbol, **prices, "volume": 0.0}
        frames.append(pl.DataFrame({**told, "signal": case["exposure"][symbol]}))
    return pl.concat(frames)


def screened(case: Mapping[str, Any]) -> Floats:
    """What the loop-free screen makes of a case."""
    engine = VectorizedEngine("close", weights=dict.fromkeys(case["close"], 1.0))
    equity: Floats = engine.run(bars_of(case)).account.collect()["equity"].to_numpy()
    return equity


def simulated(case: Mapping[str, Any]) -> Floats:
    """What the house model makes of it: an order on every bar for the wanted share of equity."""
    bars = bars_of(case)
    tape = bars.select("timestamp", "symbol", quantity="signal", unit=pl.lit("target_percent"))
    options = {"timing": "close", "cash_rule": "margin"}
    result = simulate(
        bars.drop("signal"), Script("orders", tape), account=Account(1.0), options=options
    )
    equity: Floats = result.equity["equity"].to_numpy()
    return equity
