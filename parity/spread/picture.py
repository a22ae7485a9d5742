"""The equity of every platform as a picture: SVG for pages, blocks of text for terminals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final, NamedTuple

from parity.report.words import moment
from parity.spread.words import money

WIDTH, LEFT, RIGHT = 800, 96, 12
LINE, TALL, SHORT, GAP = 20, 190, 110, 34
# Colours that the colour-blind can tell apart, on white as on black.
COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c8c8c")
DASHES: Final = ("", "7 3", "2 3", "9 3 2 3")
BLOCKS: Final = "▁▂▃▄▅▆▇█"

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328; } .dim { fill: #656d76; font-size: 12px; }
.frame { fill: none; stroke: #d0d7de; } .part { stroke: #8c959f; stroke-dasharray: 3 3; }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
@media (prefers-color-scheme: dark) {
 text { fill: #e6edf3; } .dim { fill: #9198a1; } .frame { stroke: #3d444d; }
}
""".strip()


class Panel(NamedTuple):
    """One frame of the picture, and the values at its top and bottom."""

    top: float
    height: float
    low: float
    high: float
    bars: int

    def x(self, bar: int) -> float:
        """Bars are evenly spaced."""
        return LEFT + (WIDTH - LEFT - RIGHT) * bar / max(self.bars, 1)

    def y(self, value: float) -> float:
        """Higher values are nearer to the top."""
        share = (self.high - value) / (self.high - self.low) if self.high > self.low else 0.5
        return self.top + 6 + share * (self.height - 12)


def draw(document: Mapping[str, Any]) -> str:
    """The curves, and under them how far each is from the first; "" if nobody played."""
    curves = document["curves"]
    equity: dict[str, list[float]] = curves["equity"]
    if not _finite(equity.values()):
        return ""
    names, bars = list(equity), curves["bars"]
    base = equity[names[0]]
    apart = {
        name: [own - one for own, one in zip(values, base, strict=True)]
        for name, values in equity.items()
    }
    top = 12 + LINE * len(names)
    parts = [_legend(names)]
    parts += _panel(document, "equity", equity, bars, top, TALL)
    foot = top + TALL
    if len(names) > 1 and _finite(apart.values()):
        parts += _panel(document, f"less {names[0]}", apart, bars, foot + GAP, SHORT)
        foot += GAP + SHORT
    height = foot + 26
    parts.append(
        f'<text class="dim" x="{LEFT}" y="{height - 8}">{escape(moment(curves["from"]))}</text>'
        f'<text class="dim" x="{WIDTH - RIGHT}" y="{height - 8}" text-anchor="end">'
        f"{escape(moment(curves['to']))}</text>"
    )
    label = f"equity of {document['scenario']['name']} on every platform"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" role="img" aria-label="{escape(label, quote=True)}">'
    )
    return "\n".join([head, f"<style>\n{STYLE}\n</style>", *parts, "</svg>\n"])


def _panel(
    document: Mapping[str, Any],
    title: str,
    curves: Mapping[str, Sequence[float]],
    bars: Sequence[int],
    top: float,
    height: float,
) -> list[str]:
    values = _finite(curves.values())
    panel = Panel(top, height, min(values), max(values), bars[-1])
    wide = WIDTH - LEFT - RIGHT
    edge = f'<text class="dim" x="{LEFT - 8}" text-anchor="end"'
    parts = [
        f'<rect class="frame" x="{LEFT}" y="{top:g}" width="{wide}" height="{height:g}"/>',
        f'{edge} y="{top + 14:g}">{money(panel.high)}</text>',
        f'{edge} y="{top + height / 2 + 4:g}">{escape(title)}</text>' if len(title) < 14 else "",
        f'{edge} y="{top + height - 4:g}">{money(panel.low)}</text>',
    ]
    if len(title) >= 14:
        parts.append(f'<text class="dim" x="{LEFT}" y="{top - 6:g}">{escape(title)}</text>')
    if document["parting"]:
        x = panel.x(document["parting"]["bar"])
        told = f"they part on bar {document['parting']['bar']}"
        line = f'<line class="part" x1="{x:.1f}" x2="{x:.1f}" y1="{top:g}" y2="{top + height:g}">'
        parts.append(f"{line}<title>{told}</title></line>")
    parts += [_curve(panel, at, own, bars) for at, own in enumerate(curves.values())]
    return [part for part in parts if part]


def _curve(panel: Panel, at: int, values: Sequence[float], bars: Sequence[int]) -> str:
    """One line; it is broken where there is no number."""
    path, pen = "", "M"
    for bar, value in zip(bars, values, strict=True):
        if not math.isfinite(value):
            pen = "M"
            continue
        path += f"{pen}{panel.x(bar):.1f} {panel.y(value):.1f}"
        pen = "L"
    return f'<path class="curve" {_stroke(at)} d="{path}"/>'


def _legend(names: Sequence[str]) -> str:
    rows = []
    for at, name in enumerate(names):
        y = 14 + LINE * at
        rows.append(
            f'<path class="curve" {_stroke(at)} d="M{LEFT} {y - 4}h34"/>'
            f'<text x="{LEFT + 42}" y="{y}">{escape(name)}</text>'
        )
    return "\n".join(rows)


def _stroke(at: int) -> str:
    dash = DASHES[at % len(DASHES)]
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'stroke="{COLOURS[at % len(COLOURS)]}"{dashed}'


def spark(values: Sequence[float], low: float, high: float, width: int) -> str:
    """A curve in one line of blocks, on a scale shared with others; a blank is no number."""
    last = len(values) - 1
    count = min(width, len(values))
    picked = [values[round(last * at / max(count - 1, 1))] for at in range(count)]
    return "".join(_block(value, low, high) for value in picked)


def span(curves: Mapping[str, Sequence[float]]) -> tuple[float, float]:
    """The lowest and the highest number of all curves."""
    values = _finite(curves.values())
    return (min(values), max(values)) if values else (0.0, 0.0)


def _block(value: float, low: float, high: float) -> str:
    if not math.isfinite(value):
        return " "
    share = (value - low) / (high - low) if high > low else 0.5
    return BLOCKS[min(int(share * len(BLOCKS)), len(BLOCKS) - 1)]


def _finite(curves: Any) -> list[float]:
    return [value for curve in curves for value in curve if math.isfinite(value)]
