"""One ledger, however it is reached: jumping, looking at every bar, or as plain Python."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import PlatformRefusal, UnsupportedScript, simulate
from engine.errors import TruefillError
from engine.store.digest import frame_digest
from parity.fuzz.generate import generate
from scenarios import Scenario
from scenarios.load import load_library

ENGINES = ("numba", "rust")
ROOT = Path(__file__).parents[2]


def stories() -> Iterator[Scenario]:
    return (scenario for scenario in load_library() if "vectorbt" in scenario.platforms)


def ledger(scenario: Scenario, engine: str, *, skip: bool = True) -> dict[str, str]:
    """A digest of every table a run leaves behind, or why it leaves none."""
    try:
        result = simulate(
            scenario.bars,
            scenario.script,
            "vectorbt",
            account=scenario.account,
            symbols=scenario.symbols,
            options={**scenario.options.get("vectorbt", {}), "engine": engine},
            skip=skip,
        )
    except (PlatformRefusal, UnsupportedScript) as answer:
        return {"refused": str(answer)}
    except TruefillError as error:
        return {"turned away": str(error)}
    return {name: frame_digest(frame) for name, frame in result.tables().items()}


@pytest.mark.parametrize("engine", ENGINES)
def test_jumping_and_scanning_agree_on_every_stored_story(engine: str) -> None:
    for scenario in stories():
        scanned = ledger(scenario, engine, skip=False)
        assert ledger(scenario, engine) == scanned, scenario.name


@pytest.mark.parametrize("engine", ENGINES)
def test_jumping_and_scanning_agree_on_random_cases(engine: str) -> None:
    played = 0
    for scenario in generate("vectorbt", seed=20240101, cases=400):
        scanned = ledger(scenario, engine, skip=False)
        assert ledger(scenario, engine) == scanned, scenario.name
        played += "fills" in scanned
    assert played > 300


def digest_of_runs() -> str:
    """A hash over what two dozen random cases and some small stories leave behind."""
    cases = list(generate("vectorbt", seed=7, cases=24))
    cases += [scenario for scenario in stories() if scenario.bars.height <= 8][:60]
    ledgers = [ledger(scenario, engine) for scenario in cases for engine in ENGINES]
    return hashlib.sha256(repr(ledgers).encode()).hexdigest()


def test_compiled_and_plain_python_agree_to_the_bit() -> None:
    script = "from test_ways import digest_of_runs; print(digest_of_runs())"
    path = os.pathsep.join([str(Path(__file__).parent), str(ROOT)])
    environ = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": path}
    command = [sys.executable, "-W", "ignore", "-c", script]
    plain = subprocess.run(command, env=environ, capture_output=True, text=True, cwd=ROOT)
    assert plain.returncode == 0, plain.stderr
    assert plain.stdout.strip() == digest_of_runs()
