"""Lines over time or over a count: the plain chart that the others are made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.errors import InputError
from engine.extras import load
from engine.research.pictures.canvas import WIDE, Picture, axes, legend, title
from engine.research.pictures.decimate import decimate
from engine.research.pictures.style import DASHES, LINES, ink
from engine.research.words import short

Floats = NDArray[np.float64]
DAY_MS: Final = 86_400_000.0


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a line chart looks.

    ``title`` says what the numbers are and ``say`` writes them. ``log`` asks for a logarithmic
    scale, which is only possible where every number is above zero. ``steps`` holds each value
    until the next (a parameter that changes), ``points`` marks every value. ``level`` draws a
    thin line at a number, ``fill`` shades between the first line and zero.
    """

    title: str = ""
    say: Callable[[float], str] = short
    log: bool = False
    steps: bool = False
    points: bool = False
    level: float | None = None
    fill: bool = False
    roles: Sequence[str] = LINES


def lines(
    frame: pl.DataFrame, *, name: str = "lines", look: Look | None = None, alt: str = ""
) -> Picture:
    """A line chart of a frame: its first column lies along the bottom, every other one is a line.

    The first column holds times or numbers in rising order, the others numbers; a missing number
    breaks the line. Lines of any length are decimated. For parameters that drift from window to
    window and for what windows earned, see ``windows``. Raises InputError for anything else.
    """
    chosen = look or Look()
    x, series = _columns(frame, name)
    told = alt or f"{chosen.title or name}: {', '.join(series)}, {frame.height} points"

    def draw(figure: Any) -> None:
        own = axes(figure)
        draw_lines(own, x, series, chosen)

    return Picture(name, told, draw)


def windows(
    frame: pl.DataFrame, *, name: str = "windows", title: str = "", alt: str = ""
) -> Picture:
    """One small chart per column, one under the other, over a shared first column.

    Made for parameters that a walk-forward chooses anew in each window: each is a line of steps on
    its own scale. ``frame`` is as for ``lines``.
    """
    x, series = _columns(frame, name)
    look = {text: Look(title=text, steps=True, points=True, say=_short) for text in series}

    def draw(figure: Any) -> None:
        for at, (text, values) in enumerate(series.items()):
            own = axes(figure, rows=len(series), at=at)
            draw_lines(own, x, {text: values}, look[text])
            if at + 1 < len(series):
                own.tick_params(labelbottom=False)

    tall = 24.0 + 112.0 * len(series)
    told = alt or f"{title or name}: {', '.join(series)} by window"
    return Picture(name, told, draw, (tall, tall))


def draw_lines(own: Any, x: Floats | pl.Series, series: Mapping[str, Floats], look: Look) -> None:
    """Draw lines into axes that are there already."""
    places = along(own, x)
    logged = look.log and _scaled(own, series, look.say)
    for at, (text, values) in enumerate(series.items()):
        keep = decimate(values)
        own.plot(
            places[keep],
            values[keep],
            label=text,
            color=ink(look.roles[at % len(look.roles)]),
            linestyle=DASHES[at // len(look.roles) % len(DASHES)],
            linewidth=1.6 if at == 0 else 1.3,
            drawstyle="steps-post" if look.steps else "default",
            marker="o" if look.points else None,
            markersize=3.5,
            clip_on=not look.points,
            zorder=4 - at / 100,
        )
        if look.fill and at == 0:
            step = "post" if look.steps else None
            shade = {"color": ink(look.roles[0]), "alpha": 0.18, "linewidth": 0, "step": step}
            own.fill_between(places[keep], values[keep], 0, **shade)
    if look.level is not None:
        own.axhline(look.level, color=ink("second"), linewidth=1, zorder=2)
    if not logged:
        own.yaxis.set_major_formatter(lambda value, _: look.say(value))
        own.locator_params(axis="y", nbins=5)
    if look.title:
        title(own, look.title)
    if len(series) > 1:
        legend(own)


def along(own: Any, x: Floats | pl.Series) -> Floats:
    """Set up the bottom axis, a calendar where ``x`` holds times, and give the places on it."""
    if not isinstance(x, pl.Series):
        own.margins(x=0.01)
        return x
    dates = load("matplotlib.dates", extra="report", purpose="A picture")
    wide = own.figure.get_size_inches()[0] * 72 >= WIDE
    locator = dates.AutoDateLocator(minticks=2, maxticks=9 if wide else 6)
    own.xaxis.set_major_locator(locator)
    formats = ["%Y", "%b", "%d %b", "%H:%M", "%H:%M", "%S.%f"]
    offsets = ["", "%Y", "%b %Y", "%d %b %Y", "%d %b %Y", "%d %b %Y"]
    zeros = ["", "%Y", "%b", "%d %b", "%H:%M", "%H:%M"]
    own.xaxis.set_major_formatter(
        dates.ConciseDateFormatter(
            locator, formats=formats, offset_formats=offsets, zero_formats=zeros, show_offset=False
        )
    )
    own.margins(x=0.0)
    return x.cast(pl.Datetime("ms")).to_physical().to_numpy() / DAY_MS


def _scaled(own: Any, series: Mapping[str, Floats], say: Callable[[float], str]) -> bool:
    """Make the scale logarithmic, with a few round numbers on it; not where something is <= 0."""
    low = min(float(np.nanmin(values)) for values in series.values())
    high = max(float(np.nanmax(values)) for values in series.values())
    if not (low > 0 and math.isfinite(high)):
        return False
    own.set_yscale("log")
    own.yaxis.set_major_locator(
        load("matplotlib.ticker", extra="report", purpose="A picture").FixedLocator(
            rungs(low, high)
        )
    )
    own.yaxis.set_minor_locator(
        load("matplotlib.ticker", extra="report", purpose="A picture").NullLocator()
    )
    own.yaxis.set_major_formatter(lambda value, _: say(value))
    return True


def rungs(low: float, high: float, count: int = 6) -> list[float]:
    """Round numbers for a logarithmic scale, none of them too near to the one below it."""
    if high / low < 2.5:
        ticker = load("matplotlib.ticker", extra="report", purpose="A picture")
        found = ticker.MaxNLocator(nbins=count, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
        return [float(rung) for rung in found if low <= rung <= high and rung > 0]
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    round_ones = [10.0**power * part for power in powers for part in (1.0, 1.5, 2.0, 3.0, 5.0)]
    apart, kept = (high / low) ** (1.0 / count), list[float]()
    for rung in round_ones:
        if low <= rung <= high and (not kept or rung >= kept[-1] * apart * 0.8):
            kept.append(rung)
    return kept


def _columns(frame: pl.DataFrame, name: str) -> tuple[Floats | pl.Series, dict[str, Floats]]:
    """What lies along the bottom, and the lines."""
    strange = [text for text, dtype in list(frame.schema.items())[1:] if not dtype.is_numeric()]
    if frame.width < 2 or frame.is_empty() or strange:
        raise InputError(
            f"picture {name!r}: give a frame with rows, of times or numbers and then of numbers; "
            f"it has {frame.height} rows and {strange or frame.columns}"
        )
    first = frame.to_series(0)
    series = {text: floats(frame[text]) for text in frame.columns[1:]}
    if first.dtype.is_temporal():
        return first, series
    if not first.dtype.is_numeric():
        raise InputError(f"picture {name!r}: {first.name!r} is {first.dtype}, no time or number")
    return floats(first), series


def floats(column: pl.Series) -> Floats:
    """Numbers as float64; what is missing is NaN."""
    return column.cast(pl.Float64()).fill_null(float("nan")).to_numpy()


def _short(value: float) -> str:
    return f"{value:g}"


__all__ = ["Look", "along", "draw_lines", "floats", "lines", "windows"]
