"""Returns against those of a benchmark, on the bars where both are observed."""

from __future__ import annotations

import math

from engine.errors import MetricsError
from engine.execution.records import Floats
from engine.metrics.convention import Convention
from engine.metrics.pairs import Pairs, pairs
from engine.metrics.returns import grown, ratio

# Below this a benchmark counts as one that does not move: rounding, not variance (empyrical's).
STILL = 1e-30


def benchmark_metrics(
    returns: Floats, benchmark: Floats, convention: Convention
) -> dict[str, float]:
    """Everything that two series of returns can tell, by the names of the catalogue."""
    if len(returns) != len(benchmark):
        raise MetricsError(
            f"benchmark has {len(benchmark)} returns and the strategy {len(returns)}; "
            "give one per bar, NaN where there is none"
        )
    both = pairs(returns, benchmark)
    n, year, free = both.observed, convention.year, convention.risk_free
    if not n:
        return {}
    variance = both.square_other / n
    beta = both.product / n / variance if variance >= STILL else float("nan")
    alpha = both.mean - free - beta * (both.mean_other - free)
    moved = both.square * both.square_other
    correlation = both.product / math.sqrt(moved) if moved > 0 else float("nan")
    apart = _deviation(both)
    return {
        "beta": beta,
        "alpha": grown(1.0 + alpha, year),
        "correlation": correlation,
        "r_squared": correlation * correlation,
        "information_ratio": ratio(both.mean_active, apart, inf=True),
        "tracking_error": apart * math.sqrt(year),
        "treynor": ratio((both.mean - free) * year, beta),
        **_captures(both, year),
        "batting_average": both.beaten / n,
    }


def _deviation(both: Pairs) -> float:
    """Standard deviation of the difference (ddof 1); exactly 0 where the two never differ."""
    if both.observed < 2:
        return float("nan")
    return math.sqrt(both.square_active / (both.observed - 1)) if both.active_span > 0 else 0.0


def _captures(both: Pairs, year: float) -> dict[str, float]:
    spans = {
        "capture": (both.growth, both.growth_other, both.observed),
        "up_capture": (both.up_growth, both.up_growth_other, both.ups),
        "down_capture": (both.down_growth, both.down_growth_other, both.downs),
    }
    return {
        name: ratio(grown(own, year / bars), grown(other, year / bars)) if bars else float("nan")
        for name, (own, other, bars) in spans.items()
    }
