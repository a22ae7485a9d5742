"""Pictures of luck: what was chosen in sample, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import numpy as np
import polars as pl

from engine.overfit import Overfitting
from engine.research.pictures.canvas import Picture, axes, legend, title
from engine.research.pictures.lines import floats
from engine.research.pictures.style import ink
from engine.research.words import number, percent

DOTS: Final = 1500


def rank_logits(told: Overfitting) -> Picture:
    """Where the best in sample ranks out of sample, by split; left of 0 is the lower half."""
    reach = float(np.abs(told.logits).max()) or 1.0
    edges = np.linspace(-reach, reach, 34)
    counts, _ = np.histogram(told.logits, edges)

    def draw(figure: Any) -> None:
        own = axes(figure, bottom=34)
        middle = (edges[:-1] + edges[1:]) / 2
        colours = [ink("gain" if place > 0 else "loss") for place in middle]
        shares = counts / len(told.logits)
        own.bar(middle, shares, width=np.diff(edges) * 0.9, color=colours, linewidth=0)
        own.axvline(0.0, color=ink("ink"), linewidth=1)
        own.yaxis.set_major_formatter(lambda value, _: percent(value, 0))
        own.locator_params(axis="y", nbins=5)
        own.set_xlabel("logit of the rank out of sample", color=ink("dim"), fontsize=11)
        title(
            own, f"Splits by rank of the choice, {percent(told.probability, 0)} in the lower half"
        )

    alt = f"{len(told.logits):,} splits, {percent(told.probability)} of choices in the lower half"
    return Picture("rank_logits", alt, draw, (230, 220))


def in_and_out(told: Overfitting, year: float) -> Picture:
    """The chosen trial's annual Sharpe ratio in sample and out of sample, a dot per split."""
    root = year**0.5
    step = max(1, len(told.chosen) // DOTS)
    inside, outside = told.chosen[::step] * root, told.found[::step] * root

    def draw(figure: Any) -> None:
        own = axes(figure, bottom=34)
        own.scatter(inside, outside, s=5, color=ink("first"), alpha=0.35, linewidths=0)
        ends = np.array([inside.min(), inside.max()])
        line = told.found.mean() * root + told.slope * (ends - told.chosen.mean() * root)
        if np.isfinite(line).all():
            own.plot(ends, line, color=ink("third"), linewidth=1.6)
        own.axhline(0.0, color=ink("second"), linewidth=1)
        own.yaxis.set_major_formatter(lambda value, _: number(value, 1))
        own.xaxis.set_major_formatter(lambda value, _: number(value, 1))
        own.locator_params(nbins=5)
        own.set_xlabel("Sharpe in sample", color=ink("dim"), fontsize=11)
        title(own, f"Sharpe out of sample, slope {number(told.slope)}")

    alt = f"Sharpe out of sample over in sample, slope {number(told.slope)}"
    return Picture("in_and_out", alt, draw, (230, 220))


def sides_by_window(windows: pl.DataFrame, metric: str, name: str) -> Picture:
    """A metric of each window's choice in its training and in its test, side by side."""
    inside, outside = (floats(windows[f"{side}_{metric}"]) for side in ("train", "test"))
    places = np.arange(windows.height)

    def draw(figure: Any) -> None:
        own = axes(figure, bottom=34)
        own.bar(places - 0.2, inside, width=0.38, color=ink("second"), label="Training")
        colours = [ink("gain" if value >= 0 else "loss") for value in np.nan_to_num(outside)]
        own.bar(places + 0.2, outside, width=0.38, color=colours, label="Test")
        own.axhline(0.0, color=ink("ink"), linewidth=1)
        every = max(1, -(-windows.height // 14))
        labels = _times(windows["test_start"].to_list())
        own.set_xticks(places[::every], labels[::every])
        if own.figure.get_size_inches()[0] * 72 < 600:
            own.set_xticks(places[:: every * 3], labels[:: every * 3])
        own.yaxis.set_major_formatter(lambda value, _: number(value, 1))
        own.locator_params(axis="y", nbins=5)
        title(own, f"{name} by window")
        legend(own)

    alt = f"{name} of {windows.height} windows, training beside test"
    return Picture("sides_by_window", alt, draw, (240, 220))


def _times(starts: list[datetime]) -> list[str]:
    """When windows begin, as exactly as it takes to tell them apart."""
    found: list[str] = []
    for form in ("%b %Y", "%d %b %Y", "%d %b %H:%M"):
        found = [f"{at:{form}}" for at in starts]
        if len(set(found)) == len(found):
            break
    return found


def path_sharpes(paths: pl.DataFrame, seen: float) -> Picture:
    """The Sharpe ratios of many paths, one dot each, with that of the walk-forward as a line."""
    values = np.sort(floats(paths["sharpe"].fill_nan(None).drop_nulls()))

    def draw(figure: Any) -> None:
        own = axes(figure, bottom=34)
        colours = [ink("gain" if value > 0 else "loss") for value in values]
        own.scatter(values, np.arange(1, len(values) + 1), s=22, color=colours, linewidths=0)
        own.axvline(0.0, color=ink("ink"), linewidth=1)
        own.axvline(seen, color=ink("third"), linewidth=1.4, linestyle=(0, (3, 2)))
        own.xaxis.set_major_formatter(lambda value, _: number(value, 2))
        own.yaxis.set_major_formatter(lambda value, _: number(value, 0))
        own.locator_params(nbins=5, integer=False)
        own.set_xlabel("Sharpe of each path", color=ink("dim"), fontsize=11)
        title(own, f"{len(values)} paths, the lowest first")

    alt = f"Sharpe ratios of {len(values)} paths, from {number(values[0])} to {number(values[-1])}"
    return Picture("path_sharpes", alt, draw, (230, 220))


__all__ = ["in_and_out", "path_sharpes", "rank_logits", "sides_by_window"]
