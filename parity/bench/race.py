"""A race: each side in a process of its own, in turns, so that a busy machine slows all alike."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from engine.errors import PeerFailed


@dataclass(frozen=True, slots=True)
class Side:
    """Who runs: a name, the command of its stopwatch, and its environment variables."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str] = field(default_factory=dict)


class Runner:
    """A side's process: loads, runs and tells, one order at a time."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self._errors = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115 - __exit__
        try:
            self._process = subprocess.Popen(
                list(side.command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                text=True,
                env={**os.environ, **side.environ},
            )
        except OSError as error:
            raise PeerFailed(f"{side.name}: cannot start {side.command[0]}: {error}") from error
        self._answer()

    def load(self, folder: Path, arrays: Sequence[str]) -> None:
        """Read the arrays of a workload."""
        self._ask({"do": "load", "folder": str(folder), "arrays": list(arrays)})

    def run(self) -> float:
        """The seconds of one call."""
        return self.times()[0]

    def times(self) -> tuple[float, float]:
        """The seconds of one call, and those that processors worked on it, all threads together."""
        told = self._ask({"do": "run"})
        return float(told["seconds"]), float(told["cpu"])

    def split(self) -> dict[str, float]:
        """The seconds of each part of one call."""
        return {name: float(seconds) for name, seconds in self._ask({"do": "split"}).items()}

    def fills(self, into: Path) -> dict[str, Any]:
        """The fills of the last call: how many, their checksum, and every field in a file."""
        return self._ask({"do": "fills", "into": str(into)})

    def memory(self) -> int:
        """The most memory the process held so far, in bytes."""
        return int(self._ask({"do": "memory"})["bytes"])

    def _ask(self, order: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        try:
            told: dict[str, Any] = json.loads(line)
        except ValueError as error:
            self._process.wait()
            self._errors.seek(0)
            tail = " ".join(self._errors.read()[-2000:].splitlines()[-6:])
            raise PeerFailed(
                f"{self.side.name} ended with exit code {self._process.returncode}: {tail}"
            ) from error
        return told

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process, whatever state it is in."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=5 if kind is None else 0.1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()


def differing_fills(one: Path, other: Path) -> int:
    """How many fills are not the same in every field, to the bit; lone ones count too."""
    ours, theirs = np.load(one), np.load(other)
    both = min(len(ours), len(theirs))
    rows = [
        np.ascontiguousarray(side[:both]).view(np.uint8).reshape(both, side.dtype.itemsize)
        for side in (ours, theirs)
    ]
    return int((rows[0] != rows[1]).any(axis=1).sum()) + abs(len(ours) - len(theirs))
