"""Sums of segments -> metrics of windows: every trial is scored once, whatever the windows.

Windows that begin and end with segments are put together from them: counts and gains are added,
powers of deviations moved to the common mean (Chan, Golub and LeVeque 1979), and drawdowns carried
over the seam by the highest wealth before it and the lowest after.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.errors import WindowError
from engine.execution.records import Floats, Ints
from engine.metrics import Convention
from engine.overfit.normal import probabilities
from engine.overfit.sharpe import estimate_variance

FIELDS: Final = (
    "bars",
    "mean",
    "square",
    "cube",
    "fourth",
    "gain",
    "loss",
    "above",
    "under",
    "below",
    "growth",
    "top",
    "lowest",
    "deepest",
    "entries",
    "turnover",
    "cost",
    "active",
)
PLACE: Final = {name: place for place, name in enumerate(FIELDS)}
ADDED: Final = ("gain", "loss", "above", "under", "below", "entries", "turnover", "cost", "active")
"""Metrics that segments are enough for; ``trade_count`` counts trades that begin in the window."""
KNOWN: Final = (
    "n_bars",
    "mean_return",
    "total_return",
    "cagr",
    "volatility",
    "downside_risk",
    "sharpe",
    "sortino",
    "probabilistic_sharpe",
    "max_drawdown",
    "calmar",
    "recovery_factor",
    "omega",
    "gain_to_pain",
    "bar_profit_factor",
    "skew",
    "kurtosis",
    "turnover",
    "annual_turnover",
    "commission",
    "exposure",
    "trade_count",
)


@dataclass(frozen=True, slots=True)
class Segments:
    """``edges`` on the clock and sums, shape (trials, segments, fields)."""

    edges: Ints
    sums: Floats

    def window(self, start: int, end: int) -> Floats:
        """The sums of bars [start, end), shape (trials, fields)."""
        low, high = (int(np.searchsorted(self.edges, bar)) for bar in (start, end))
        fits = high < len(self.edges) and self.edges[low] == start and self.edges[high] == end
        if not fits or low >= high:
            raise WindowError(f"bars [{start}, {end}) do not begin and end with a segment")
        return together(self.sums[:, low:high])


def edges_of(bounds: Iterable[Sequence[int]]) -> Ints:
    """The edges of the fewest segments of which all these spans of bars are made."""
    return np.unique(np.array([bar for span in bounds for bar in span], dtype=np.int64))


def cut(start: int, end: int, parts: int) -> Ints:
    """Edges of so many spans of bars; the first ones are a bar longer if need be."""
    size, rest = divmod(end - start, parts)
    sizes = np.full(parts, size, dtype=np.int64)
    sizes[:rest] += 1
    return np.concatenate([[start], start + np.cumsum(sizes)]).astype(np.int64)


def together(sums: Floats) -> Floats:
    """Neighbouring segments as one, shape (trials, segments, fields) -> (trials, fields)."""
    part = {name: sums[..., place] for name, place in PLACE.items()}
    out = np.empty((sums.shape[0], len(FIELDS)))
    bars = part["bars"].sum(axis=1)
    mean = (part["bars"] * part["mean"]).sum(axis=1) / bars
    away = part["mean"] - mean[:, None]
    n, square, cube = part["bars"], part["square"], part["cube"]
    put = {"bars": bars, "mean": mean}
    put |= {name: part[name].sum(axis=1) for name in ADDED}
    put["square"] = (square + n * away**2).sum(axis=1)
    put["cube"] = (cube + 3.0 * away * square + n * away**3).sum(axis=1)
    put["fourth"] = (part["fourth"] + 4.0 * away * cube + 6.0 * away**2 * square + n * away**4).sum(
        axis=1
    )
    put |= _wealth(part)
    for name, place in PLACE.items():
        out[:, place] = put[name]
    return out


def measured(sums: Floats, convention: Convention) -> dict[str, Floats]:
    """Metrics of every trial over one window, by the rules of the catalogue; ``KNOWN`` of them."""
    part = {name: sums[:, place] for name, place in PLACE.items()}
    year, n, growth = convention.year, part["bars"], part["growth"]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        annual = np.where(growth >= 0, growth ** (year / n) - 1.0, np.nan)
        profit = _over(part["gain"], -part["loss"])
        deepest = np.abs(part["deepest"])
        return {
            "n_bars": n,
            "mean_return": part["mean"],
            "total_return": growth - 1.0,
            "cagr": annual,
            **_spread(part, convention),
            "max_drawdown": part["deepest"],
            "calmar": _over(annual, deepest),
            "recovery_factor": _over(growth - 1.0, deepest),
            "omega": np.where(n > 1, _over(part["above"], -part["under"]), np.nan),
            "gain_to_pain": _over(part["gain"] + part["loss"], -part["loss"]),
            "bar_profit_factor": profit,
            "turnover": part["turnover"],
            "annual_turnover": part["turnover"] * year / n,
            "commission": part["cost"],
            "exposure": part["active"] / n,
            "trade_count": part["entries"],
        }


def _spread(part: dict[str, Floats], convention: Convention) -> dict[str, Floats]:
    """What is measured from the mean; a deviation that additions round off is none."""
    n, mean, root = part["bars"], part["mean"], np.sqrt(convention.year)
    still = part["square"] <= 1e-24 * mean**2 * n
    square = np.where(still, 0.0, part["square"])
    deviation = np.where(n > 1, np.sqrt(square / (n - 1.0)), np.nan)
    excess, over = mean - convention.risk_free, mean - convention.target
    ratio = np.where(excess == 0.0, np.where(still, np.nan, 0.0), excess / deviation)
    variance = square / n
    skew = np.where(still, np.nan, part["cube"] / n / variance**1.5)
    kurtosis = np.where(still, np.nan, part["fourth"] / n / variance**2 - 3.0)
    downside = np.sqrt(part["below"] / n) * root
    return {
        "volatility": deviation * root,
        "downside_risk": downside,
        "sharpe": ratio * root,
        "sortino": np.where(
            (n > 1) & ((over != 0.0) | (downside != 0.0)), over * convention.year / downside, np.nan
        ),
        "probabilistic_sharpe": _probable(ratio, skew, kurtosis, n),
        "skew": skew,
        "kurtosis": kurtosis,
    }


def _wealth(part: dict[str, Floats]) -> dict[str, Floats]:
    growth = np.ones(part["growth"].shape[0])
    top, lowest, deepest = growth.copy(), growth.copy(), np.zeros_like(growth)
    for place in range(part["growth"].shape[1]):
        own = {name: part[name][:, place] for name in ("growth", "top", "lowest", "deepest")}
        over_the_seam = growth * own["lowest"] / top - 1.0
        deepest = np.minimum(np.minimum(deepest, own["deepest"]), over_the_seam)
        top = np.maximum(top, growth * own["top"])
        lowest = np.minimum(lowest, growth * own["lowest"])
        growth = growth * own["growth"]
    return {"growth": growth, "top": top, "lowest": lowest, "deepest": deepest}


def _over(above: Floats, below: Floats) -> Floats:
    """A quotient that is NaN where there is nothing to divide by."""
    return np.where(below != 0.0, above / np.where(below != 0.0, below, 1.0), np.nan)


def _probable(ratio: Floats, skew: Floats, kurtosis: Floats, bars: Floats) -> Floats:
    return probabilities(ratio * np.sqrt((bars - 1.0) / estimate_variance(ratio, skew, kurtosis)))
