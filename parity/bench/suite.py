"""All benchmarks by name. A new one is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.errors import OptionError
from parity.bench.optimizer import bench_optimizer
from parity.bench.parity import bench_parity
from parity.bench.tapes import bench_tapes

Bench = Callable[..., dict[str, Any]]

BENCHMARKS: dict[str, Bench] = {
    "optimizer": bench_optimizer,
    "parity": bench_parity,
    "tapes": bench_tapes,
}


def run_bench(name: str, **options: Any) -> dict[str, Any]:
    """Run one benchmark: a document with figures, goals and an exit code."""
    if name not in BENCHMARKS:
        known = ", ".join(sorted(BENCHMARKS))
        raise OptionError(f"unknown benchmark {name!r}; the benchmarks are {known}")
    return BENCHMARKS[name](**options)
