"""Asking memory early changes when numbers arrive, never which."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np

from engine.execution.ahead import fetch

PROJECT = Path(__file__).resolve().parents[3]


@numba.njit
def third_of(values, asks):
    total = 0.0
    for bar in range(values.shape[1]):
        if asks and bar + 2 < values.shape[1]:
            fetch(values, 0, bar + 2)
        total += values[0, bar]
    return total


def test_a_loop_that_asks_ahead_reads_the_same_numbers():
    values = np.arange(12.0).reshape(2, 6)
    assert third_of(values, True) == third_of(values, False) == 15.0
    assert third_of(values[::-1], True) == 51.0


def test_the_processor_is_asked():
    third_of(np.ones((1, 3)), True)
    code = next(iter(third_of.inspect_llvm().values()))
    assert "llvm.prefetch" in code


def test_in_plain_python_nothing_is_asked():
    told = subprocess.run(
        [sys.executable, "-c", "from engine.execution.ahead import fetch; print(fetch([], 9, 9))"],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=True,
        cwd=PROJECT,
    )
    assert told.stdout == "None\n"
