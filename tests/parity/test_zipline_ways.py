"""zipline's model leaves one ledger: jumping, looking at every bar, or as plain Python."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from engine import PlatformRefusal, UnsupportedScript, simulate
from engine.store.digest import frame_digest
from parity.fuzz.generate import generate
from scenarios import Scenario
from scenarios.load import load_library

ROOT = Path(__file__).parents[2]


def stories() -> Iterator[Scenario]:
    yield from (scenario for scenario in load_library() if "zipline" in scenario.platforms)
    yield from generate("zipline", seed=11, cases=40)


def ledger(scenario: Scenario, route: str, *, skip: bool = True) -> dict[str, str]:
    """A digest of every table a run leaves behind, or why it leaves none."""
    options = {**scenario.options.get("zipline", {}), "route": route}
    try:
        result = simulate(
            scenario.bars,
            scenario.script,
            "zipline",
            account=scenario.account,
            symbols=scenario.symbols,
            options=options,
            skip=skip,
        )
    except (PlatformRefusal, UnsupportedScript) as answer:
        return {"none": answer.reason}
    return {name: frame_digest(frame) for name, frame in result.tables().items()}


def digest_of() -> str:
    """One hash over every table of every story."""
    digest = hashlib.sha256()
    for scenario in stories():
        for route in scenario.platforms["zipline"]:
            digest.update(repr(ledger(scenario, route)).encode())
    return digest.hexdigest()


def test_jumping_leaves_the_ledger_that_looking_at_every_bar_leaves() -> None:
    for scenario in stories():
        for route in scenario.platforms["zipline"]:
            scanned = ledger(scenario, route, skip=False)
            assert ledger(scenario, route) == scanned, (scenario.name, route)


def test_plain_python_leaves_the_same_bytes() -> None:
    paths = [str(Path(__file__).parent), str(ROOT)]
    script = "from test_zipline_ways import digest_of; print(digest_of())"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        capture_output=True, text=True, check=True, cwd=ROOT,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join(paths)},
    )  # fmt: skip
    assert done.stdout.strip() == digest_of()
