"""A table as colours: a metric over two parameters, or returns by month."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.errors import InputError
from engine.extras import load
from engine.research.pictures.canvas import NARROW, RIGHT, WIDE, Picture
from engine.research.pictures.style import SMALL, ink
from engine.research.words import number

# More columns or rows than these, and their names or numbers would run into each other.
TOLD, NAMES = 16, 24
LOW: Final = ("#8c3b00", "#d8752b", "#f3c6a0", "#f7f7f7", "#a6cbe6", "#3b8ec4", "#0a4a78")


def heat_map(
    pivot: pl.DataFrame,
    *,
    name: str = "heat_map",
    value: str = "",
    rows: str | None = None,
    columns: str = "",
    say: Callable[[float], str] = number,
    around: float | None = None,
    mark: tuple[Any, str] | None = None,
) -> Picture:
    """A pivot frame as a picture: one cell per row and column, coloured by its number.

    ``pivot`` is what ``frame.pivot("slow", index="fast", values="sharpe")`` gives: its first column
    names the rows (the second parameter), every other column is one value of the first parameter
    with its numbers; a missing number (null, NaN) stays empty. ``value`` says what is shown,
    ``rows`` and ``columns`` name the parameters (rows: the first column's name if None), ``say``
    writes a number. With ``around`` the colours part there, orange below and blue above (0 for
    returns); without it they run from dark blue to yellow. ``mark`` frames one cell, as
    ``(row, column)``, for example the best. Raises InputError for a frame without numbers.
    """
    numbers = pivot.drop(pivot.columns[0]) if pivot.width > 1 else pl.DataFrame()
    strange = [name for name, dtype in numbers.schema.items() if not dtype.is_numeric()]
    if numbers.is_empty() or strange:
        raise InputError(
            f"heat map {name!r}: the first column names rows, the others hold numbers; "
            f"{strange or pivot.columns} do not"
        )
    cells = numbers.cast(pl.Float64()).to_numpy()
    labels = [_label(cell) for cell in pivot.to_series(0)]
    across = numbers.columns
    spot = _spot(labels, across, mark)
    named = pivot.columns[0] if rows is None else rows
    texts = (value, named, columns)

    def draw(figure: Any) -> None:
        _draw(figure, cells, (labels, across), texts, (say, around, spot))

    tall = 74.0 + min(max(len(labels), 3), 18) * 24.0
    told = f"{value or 'values'} by {named} and {columns or 'columns'}, {cells.size} cells"
    return Picture(name, told, draw, (tall, min(tall, 420.0)))


def _draw(
    figure: Any,
    cells: NDArray[np.float64],
    names: tuple[Sequence[str], Sequence[str]],
    texts: tuple[str, str, str],
    how: tuple[Callable[[float], str], float | None, tuple[int, int] | None],
) -> None:
    (labels, across), (value, down, side), (say, around, spot) = names, texts, how
    wide, high = figure.get_size_inches() * 72
    left = 26.0 + 6.2 * max(len(label) for label in labels)
    bar = 62.0
    box = (left / wide, 40 / high, (wide - left - bar - RIGHT) / wide, (high - 66) / high)
    own = figure.add_axes(box)
    colours = _colours(around)
    low, high_ = _range(cells, around)
    # An image, not one path per cell: a search of 100 x 100 stays a few kilobytes.
    image = own.imshow(
        cells, cmap=colours, vmin=low, vmax=high_, aspect="auto", interpolation="none"
    )
    _name_axes(own, labels, across, down, side)
    if cells.shape[0] <= 2 * TOLD and cells.shape[1] <= (TOLD if wide >= WIDE else TOLD // 2):
        _tell(own, cells, image, say)
    if spot is not None:
        _frame_cell(own, spot)
    if value:
        own.set_title(value, loc="left", fontsize=SMALL, color=ink("dim"), pad=8)
    _scale(figure, image, (1 - (bar - 8) / wide, box[1], 10 / wide, box[3]), say)


def _name_axes(
    own: Any, labels: Sequence[str], across: Sequence[str], down: str, side: str
) -> None:
    for axis, names, text in ((own.yaxis, labels, down), (own.xaxis, across, side)):
        every = -(-len(names) // NAMES)
        room = own.figure.get_size_inches()[0] * 72 / 36
        every = max(every, -(-len(names) // int(room))) if axis is own.xaxis else every
        axis.set_ticks(range(0, len(names), every), list(names)[::every])
        axis.set_label_text(text, fontsize=SMALL, color=ink("dim"))
    own.tick_params(length=0, labelsize=SMALL, labelcolor=ink("dim"))
    for spine in own.spines.values():
        spine.set_visible(False)


def _tell(own: Any, cells: NDArray[np.float64], image: Any, say: Callable[[float], str]) -> None:
    """The number in each cell, dark on light and light on dark."""
    size = SMALL if cells.shape[1] <= 13 else SMALL - 1.5
    for (row, column), value in np.ndenumerate(cells):
        if np.isnan(value):
            continue
        red, green, blue, _ = image.cmap(image.norm(value))
        light = 0.299 * red + 0.587 * green + 0.114 * blue > 0.5
        shade = "#1b1f24" if light else "#fbfbfa"
        own.text(column, row, say(value), ha="center", va="center", fontsize=size, color=shade)


def _frame_cell(own: Any, spot: tuple[int, int]) -> None:
    patches = load("matplotlib.patches", extra="report", purpose="A heat map")
    row, column = spot
    for colour, thick in (("#fbfbfa", 4.0), ("#1b1f24", 1.8)):
        own.add_patch(
            patches.Rectangle(
                (column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=colour, linewidth=thick
            )
        )


def _scale(figure: Any, image: Any, box: Sequence[float], say: Callable[[float], str]) -> None:
    """The colours and what they stand for, beside the map."""
    own = figure.add_axes(box)
    figure.colorbar(image, cax=own, format=lambda value, _: say(value))
    own.tick_params(length=0, labelsize=SMALL - 1, labelcolor=ink("dim"), pad=3)
    own.locator_params(nbins=4)
    for spine in own.spines.values():
        spine.set_visible(False)


def _colours(around: float | None) -> Any:
    colors = load("matplotlib.colors", extra="report", purpose="A heat map")
    if around is None:
        return load("matplotlib", extra="report", purpose="A heat map").colormaps["cividis"]
    return colors.LinearSegmentedColormap.from_list("loss_and_gain", LOW)


def _range(cells: NDArray[np.float64], around: float | None) -> tuple[float, float]:
    known = cells[np.isfinite(cells)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    if around is None:
        return (low, high) if high > low else (low - 0.5, high + 0.5)
    far = max(abs(high - around), abs(low - around)) or 1.0
    return around - far, around + far


def _spot(
    labels: Sequence[str], across: Sequence[str], mark: tuple[Any, str] | None
) -> tuple[int, int] | None:
    if mark is None:
        return None
    row, column = _label(mark[0]), _label(mark[1])
    if row not in labels or column not in across:
        raise InputError(f"heat map: there is no cell {mark}; rows {labels}, columns {across}")
    return labels.index(row), across.index(column)


def _label(cell: Any) -> str:
    return f"{cell:g}" if isinstance(cell, float) else str(cell)


__all__ = ["NARROW", "heat_map"]
