"""A small picture, inline SVG: the bars around a divergence and the fills of both ledgers."""

from __future__ import annotations

import math
from html import escape
from typing import Any, NamedTuple

from parity.report.words import moment, number

TOP, HEIGHT, LEFT, RIGHT, FOOT = 12, 150, 64, 8, 30
# A bar's share of the width; two times must fit below the picture even if there are few bars.
STEP, NARROWEST = 34.0, 240.0


class Scale(NamedTuple):
    """From times and prices to pixels."""

    places: dict[str, int]
    step: float
    low: float
    high: float

    @property
    def width(self) -> float:
        """Of the whole picture."""
        return LEFT + self.step * len(self.places) + RIGHT

    def x(self, time: str) -> float:
        """The middle of a bar."""
        return round(LEFT + self.step * (self.places[time] + 0.5), 1)

    def y(self, price: float) -> float:
        """Higher prices are nearer to the top."""
        share = (self.high - price) / (self.high - self.low) if self.high > self.low else 0.5
        return round(TOP + share * HEIGHT, 1)


def draw(view: dict[str, Any]) -> str:
    """Bars as candles; a ring is where the reference filled, a cross where the replay did."""
    bars = view["bars"]
    fills = [row for row in view["ledgers"].get("fills", []) if _in_view(row, view)]
    prices = [bar[name] for bar in bars for name in ("open", "high", "low", "close")]
    prices += [row[side]["price"] for row in fills for side in _sides(row)]
    finite = [price for price in prices if price is not None and math.isfinite(price)]
    if not finite:
        return ""
    times = [bar["timestamp"] for bar in bars]
    step = max(STEP, NARROWEST / len(times))
    scale = Scale(dict(zip(times, range(len(times)), strict=True)), step, min(finite), max(finite))
    height = TOP + HEIGHT + FOOT
    parts = [
        f'<svg viewBox="0 0 {scale.width:g} {height}" width="{scale.width:g}" role="img" '
        f'aria-label="{escape(_label(view), quote=True)}">',
        _focus(view["focus"], scale),
        *(_candle(bar, scale) for bar in bars),
        *(_mark(row, side, scale) for row in fills for side in _sides(row)),
        *_axes(times, scale),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part)


def _label(view: dict[str, Any]) -> str:
    return f"bars of {view['symbol']} around {moment(view['focus'])}, with the fills of both"


def _sides(row: dict[str, Any]) -> list[str]:
    return [side for side in ("reference", "replay") if row[side]]


def _in_view(row: dict[str, Any], view: dict[str, Any]) -> bool:
    shown = {bar["timestamp"] for bar in view["bars"]}
    return any(
        row[side]["symbol"] == view["symbol"] and row[side]["timestamp"] in shown
        for side in _sides(row)
    )


def _focus(time: str, scale: Scale) -> str:
    if time not in scale.places:
        return ""
    x, width = scale.x(time) - scale.step / 2, scale.step
    return f'<rect class="focus" x="{x:g}" y="{TOP}" width="{width:g}" height="{HEIGHT}"/>'


def _candle(bar: dict[str, Any], scale: Scale) -> str:
    prices = [bar[name] for name in ("open", "high", "low", "close")]
    if not all(price is not None and math.isfinite(price) for price in prices):
        return ""
    x = scale.x(bar["timestamp"])
    start, high, low, end = (scale.y(price) for price in prices)
    tall = max(abs(start - end), 1.0)
    way = "up" if end <= start else "down"
    return (
        f'<line class="wick" x1="{x:g}" x2="{x:g}" y1="{high:g}" y2="{low:g}"/>'
        f'<rect class="{way}" x="{x - 7:g}" y="{min(start, end):g}" width="14" height="{tall:g}"/>'
    )


def _mark(row: dict[str, Any], side: str, scale: Scale) -> str:
    fill = row[side]
    if fill["timestamp"] not in scale.places or not math.isfinite(fill["price"]):
        return ""
    x, y = scale.x(fill["timestamp"]), scale.y(fill["price"])
    told = f"<title>{side}: {number(fill['quantity'])} @ {number(fill['price'])}</title>"
    if side == "reference":
        return f'<circle class="reference" cx="{x:g}" cy="{y:g}" r="6">{told}</circle>'
    return f'<path class="replay" d="M{x - 5:g} {y - 5:g}l10 10m0 -10l-10 10">{told}</path>'


def _axes(times: list[str], scale: Scale) -> list[str]:
    foot, right = TOP + HEIGHT + 20, scale.width - RIGHT
    first, last = (escape(moment(time)) for time in (times[0], times[-1]))
    return [
        f'<text x="{LEFT - 6}" y="{TOP + 8}" text-anchor="end">{number(scale.high)}</text>',
        f'<text x="{LEFT - 6}" y="{TOP + HEIGHT}" text-anchor="end">{number(scale.low)}</text>',
        f'<text x="{LEFT}" y="{foot}">{first}</text>',
        f'<text x="{right:g}" y="{foot}" text-anchor="end">{last}</text>',
    ]
