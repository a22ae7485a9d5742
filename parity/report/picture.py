"""A small picture, inline SVG: the bars around a divergence and the fills of both ledgers."""

from __future__ import annotations

import math
from html import escape
from typing import Any, NamedTuple

from parity.report.words import moment, number

STEP, TOP, HEIGHT, LEFT, FOOT = 34, 12, 150, 64, 30


class Scale(NamedTuple):
    """From prices to pixels."""

    low: float
    high: float

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
    scale = Scale(min(finite), max(finite))
    place = {bar["timestamp"]: LEFT + STEP * (at + 0.5) for at, bar in enumerate(bars)}
    width = LEFT + STEP * len(bars) + 8
    parts = [
        f'<svg viewBox="0 0 {width} {TOP + HEIGHT + FOOT}" width="{width}" role="img" '
        f'aria-label="{escape(_label(view), quote=True)}">',
        *_focus(view, place),
        *(_candle(bar, place[bar["timestamp"]], scale) for bar in bars),
        *(_mark(row, side, place, scale) for row in fills for side in _sides(row)),
        *_axes(bars, scale, width),
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


def _focus(view: dict[str, Any], place: dict[str, float]) -> list[str]:
    x = place.get(view["focus"])
    if x is None:
        return []
    return [f'<rect class="focus" x="{x - STEP / 2}" y="{TOP}" width="{STEP}" height="{HEIGHT}"/>']


def _candle(bar: dict[str, Any], x: float, scale: Scale) -> str:
    prices = [bar[name] for name in ("open", "high", "low", "close")]
    if not all(price is not None and math.isfinite(price) for price in prices):
        return ""
    start, high, low, end = (scale.y(price) for price in prices)
    body = f'x="{x - 7}" y="{min(start, end)}" width="14" height="{max(abs(start - end), 1):.1f}"'
    way = "up" if end <= start else "down"
    return (
        f'<line class="wick" x1="{x}" x2="{x}" y1="{high}" y2="{low}"/><rect class="{way}" {body}/>'
    )


def _mark(row: dict[str, Any], side: str, place: dict[str, float], scale: Scale) -> str:
    fill = row[side]
    x, price = place.get(fill["timestamp"]), fill["price"]
    if x is None or not math.isfinite(price):
        return ""
    y = scale.y(price)
    told = f"<title>{side}: {number(fill['quantity'])} @ {number(price)}</title>"
    if side == "reference":
        return f'<circle class="reference" cx="{x}" cy="{y}" r="6">{told}</circle>'
    cross = f"M{x - 5} {y - 5:.1f}l10 10m0 -10l-10 10"
    return f'<path class="replay" d="{cross}">{told}</path>'


def _axes(bars: list[dict[str, Any]], scale: Scale, width: int) -> list[str]:
    foot = TOP + HEIGHT + 20
    first, last = (escape(moment(bar["timestamp"])) for bar in (bars[0], bars[-1]))
    return [
        f'<text x="{LEFT - 6}" y="{TOP + 8}" text-anchor="end">{number(scale.high)}</text>',
        f'<text x="{LEFT - 6}" y="{TOP + HEIGHT}" text-anchor="end">{number(scale.low)}</text>',
        f'<text x="{LEFT}" y="{foot}">{first}</text>',
        f'<text x="{width - 8}" y="{foot}" text-anchor="end">{last}</text>',
    ]
