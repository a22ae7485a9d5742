"""A picture: drawn when it is asked for, as SVG or PNG, wide for a desk or narrow for a phone.

matplotlib's figures are used as objects; ``pyplot`` and its global state are never touched.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from engine.errors import InputError
from engine.extras import load
from engine.research.pictures.style import FONT, SMALL, ink, variables, with_variables
from engine.store.aside import write_bytes_aside

WIDE, NARROW = 880, 430
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 26, 24


@dataclass(frozen=True)
class Picture:
    """A drawing with a name (for files) and a sentence for those who cannot see it.

    ``draw`` is given an empty figure of 72 points per inch. ``height`` is in pixels, for
    ``WIDE`` and for ``NARROW`` pictures.
    """

    name: str
    alt: str
    draw: Callable[[Any], None]
    height: tuple[float, float] = (260, 220)

    def svg(self, *, width: float = WIDE, prefix: str | None = None) -> str:
        """The picture as SVG text for a file of its own.

        With a ``prefix`` it is to stand in a page: that begins the names inside, which must be
        unique in a page, and colours come from the page.
        """
        matplotlib = load("matplotlib", extra="report", purpose="A picture")
        # Text stays text: smaller, searchable, and in the reader's own font.
        with matplotlib.rc_context({"svg.fonttype": "none"}):
            drawn = self._saved(width, format="svg", metadata={"Date": None})
        return _tidy(drawn.decode(), self, prefix)

    def png(self, *, width: float = WIDE, scale: float = 2.0) -> bytes:
        """The picture as PNG, ``scale`` pixels for each of its width."""
        return self._saved(width, format="png", dpi=72 * scale, facecolor=ink("paper"))

    def write(self, path: Path, *, width: float = WIDE) -> Path:
        """Write the picture whole or not at all, as its suffix says: .svg or .png."""
        if path.suffix not in (".svg", ".png"):
            raise InputError(f"{path}: a picture is written as .svg or .png")
        svg = path.suffix == ".svg"
        content = self.svg(width=width).encode() if svg else self.png(width=width)
        write_bytes_aside(path, content)
        return path

    def _saved(self, width: float, **how: Any) -> bytes:
        figure = load("matplotlib.figure", extra="report", purpose="A picture").Figure(
            figsize=(width / 72, self.height[width < WIDE] / 72), dpi=72
        )
        figure.patch.set_alpha(0.0)
        self.draw(figure)
        into = BytesIO()
        figure.savefig(into, **how)
        return into.getvalue()


def axes(figure: Any, *, rows: int = 1, at: int = 0, bottom: float = BOTTOM, **how: Any) -> Any:
    """Axes in the house style: light horizontal rules, no box, names in small grey letters."""
    wide, high = figure.get_size_inches() * 72
    each = (high - bottom) / rows
    low = bottom + each * (rows - 1 - at)
    share = (LEFT / wide, low / high, (wide - LEFT - RIGHT) / wide, (each - TOP) / high)
    own = figure.add_axes(share, **how)
    own.patch.set_alpha(0.0)
    for side in ("top", "right", "left"):
        own.spines[side].set_visible(False)
    own.spines["bottom"].set_color(ink("frame"))
    own.tick_params(which="both", length=0, labelsize=SMALL, labelcolor=ink("dim"), pad=4)
    own.grid(axis="y", color=ink("grid"), linewidth=0.8)
    own.set_axisbelow(True)
    return own


def title(own: Any, text: str) -> None:
    """What the axes show, above their left edge."""
    own.text(
        0,
        1.0,
        text,
        transform=own.transAxes + _up(own, 9),
        fontsize=SMALL,
        color=ink("dim"),
        va="bottom",
    )


def legend(own: Any, *, columns: int = 4) -> None:
    """Names of the lines, in one row above the right edge."""
    box = own.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=columns,
        frameon=False,
        fontsize=SMALL,
        labelcolor=ink("ink"),
        handlelength=1.6,
        columnspacing=1.2,
        borderaxespad=0.2,
    )
    box.set_zorder(5)


def _up(own: Any, points: float) -> Any:
    transforms = load("matplotlib.transforms", extra="report", purpose="A picture")
    return transforms.ScaledTranslation(0, points / 72, own.figure.dpi_scale_trans)


# What matplotlib writes before and beside the drawing: a document type, metadata, a generic style.
NOISE: Final = re.compile(
    r"<\?xml.*?\?>|<!DOCTYPE.*?>|<metadata>.*?</metadata>|<!--.*?-->|<style.*?</style>|"
    r' (?:xmlns:xlink|version)="[^"]*"',
    re.DOTALL,
)
ID: Final = re.compile(r' id="([^"]+)"')
USED: Final = re.compile(r'(?:url\(#|href="#)([^")]+)')
LONG: Final = re.compile(r"(\d\.\d\d)\d+")
LINES: Final = re.compile(r"\s*\n\s*")
# One family for the whole drawing stands in its head; and a turn by nothing is no turn.
STILL: Final = re.compile(r' transform="rotate\(-?0 [^)]*\)"|font-family: [^;"]*;? ?')


def _tidy(svg: str, picture: Picture, prefix: str | None) -> str:
    """Smaller, the same on every run, in any colours, and with names no other picture has."""
    svg = NOISE.sub("", svg).replace("xlink:href", "href")
    start = picture.name if prefix is None else prefix
    used = {name: f"{start}-{at}" for at, name in enumerate(dict.fromkeys(USED.findall(svg)))}
    svg = ID.sub(lambda found: f' id="{used[found[1]]}"' if found[1] in used else "", svg)
    svg = USED.sub(lambda found: found[0].replace(found[1], used[found[1]]), svg)
    svg = LONG.sub(r"\1", STILL.sub("", LINES.sub("\n", svg))).strip()
    head, body = svg.split(">", maxsplit=1)
    size = re.search(r'viewBox="[^"]*"', head)
    label = escape(picture.alt, quote=True)
    style = f"<style>:root{{{variables('light')}}}{_dark()}</style>" if prefix is None else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size[0] if size else ""} role="img" '
        f'font-family="{FONT}" stroke-linejoin="round" aria-label="{label}">'
        f"{style}{with_variables(body)}\n"
    )


def _dark() -> str:
    return f"@media(prefers-color-scheme:dark){{:root{{{variables('dark')}}}}}"


__all__ = ["NARROW", "WIDE", "Picture", "axes", "legend", "title"]
