"""Statistics of repeated calls, by pytest-benchmark."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import PeerMissing

try:
    from pytest_benchmark.stats import Stats
except ImportError as error:
    raise PeerMissing(
        "the benchmarks need pytest-benchmark; install it with: pip install 'truefill[dev]'"
    ) from error

__all__ = ["Stats", "stats_of"]


def stats_of(seconds: Sequence[float]) -> Stats:
    """Minimum, median and the rest of some calls."""
    stats: Stats = Stats()  # type: ignore[no-untyped-call]
    stats.data.extend(seconds)
    return stats
