"""The way from their PnL to ours as a picture: SVG for pages, blocks of text for terminals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final, NamedTuple

CUT: Final = "The two sums are cut off at the edge, so that the steps can be seen."
WIDTH, LEFT, RIGHT, TOP = 860, 410, 90, 10
ROW, BAR = 30, 16
LONGEST: Final = 56

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328; } .dim { fill: #656d76; font-size: 12px; }
.sum { fill: #0072b2; } .less { fill: #d55e00; } .more { fill: #009e73; }
.rule { stroke: #8c959f; stroke-dasharray: 3 3; } .zero { stroke: #d0d7de; }
@media (prefers-color-scheme: dark) {
 text { fill: #e6edf3; } .dim { fill: #9198a1; } .zero { stroke: #3d444d; }
}
""".strip()


class Row(NamedTuple):
    """One bar: what it is, the money it moves, and where it begins and ends."""

    label: str
    money: float
    start: float
    end: float
    kind: str


def rows_of(document: Mapping[str, Any]) -> list[Row]:
    """Their PnL, every step, our PnL; none where the PnL is no number."""
    steps = document["steps"]
    if not steps:
        return []
    first = steps[0]["after"] - steps[0]["money"]
    rows = [Row("their PnL", first, 0.0, first, "sum")]
    before = first
    for step in steps:
        kind = "less" if step["money"] < 0 else "more"
        rows.append(Row(step["label"], step["money"], before, step["after"], kind))
        before = step["after"]
    return [*rows, Row("our PnL", before, 0.0, before, "sum")]


def scale_of(rows: Sequence[Row]) -> tuple[float, float]:
    """The values at both ends: from zero, or just around steps that would be too small to see.

    Then the two sums are cut off at the edge, and the page says so.
    """
    levels = [row.end for row in rows]
    low, high = min(levels), max(levels)
    if is_cut(rows):
        edge = (high - low) * 0.25
        return (low - edge, high + edge) if high <= 0 or low >= 0 else (low, high)
    return min(low, 0.0), max(high, 0.0)


def is_cut(rows: Sequence[Row]) -> bool:
    """Whether the steps are less than a quarter of the sums, all of one sign."""
    levels = [row.end for row in rows]
    low, high = min(levels), max(levels)
    one_sided = low > 0 or high < 0
    return one_sided and 0 < high - low < 0.25 * max(abs(low), abs(high))


def edges_of(row: Row, low: float, high: float) -> tuple[float, float]:
    """Where a bar begins and ends within the scale."""
    first, last = sorted((row.start, row.end))
    return max(first, low), min(last, high)


def draw(document: Mapping[str, Any]) -> str:
    """The bars one under the other; "" if there is nothing to draw."""
    rows = rows_of(document)
    if not rows:
        return ""
    low, high = scale_of(rows)
    wide = WIDTH - LEFT - RIGHT

    def x(value: float) -> float:
        return round(LEFT + wide * ((value - low) / (high - low) if high > low else 0.5), 1)

    height = TOP * 2 + ROW * len(rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'role="img" aria-label="{escape(label_of(document), quote=True)}">',
        f"<style>\n{STYLE}\n</style>",
    ]
    if low <= 0 <= high:
        line = f'<line class="zero" x1="{x(0)}" x2="{x(0)}" y1="{TOP}" y2="{height - TOP}"/>'
        parts.append(line)
    for place, row in enumerate(rows):
        edges = tuple(map(x, edges_of(row, low, high)))
        parts += bar_of(row, TOP + ROW * place, edges, x(row.end), last=place == len(rows) - 1)
    return "\n".join([*parts, "</svg>\n"])


def bar_of(row: Row, top: float, edges: tuple[float, ...], end: float, *, last: bool) -> list[str]:
    """One bar with its label and its money, and the line to the next."""
    left, right = edges
    middle = top + ROW / 2
    parts = [
        f'<text x="{LEFT - 12}" y="{middle + 4:g}" text-anchor="end">{escape(short(row.label))}'
        f"<title>{escape(row.label)}</title></text>",
        f'<rect class="{row.kind}" x="{left:g}" y="{middle - BAR / 2:g}" '
        f'width="{max(right - left, 1.5):g}" height="{BAR}" rx="2"/>',
        f'<text class="dim" x="{right + 6:g}" y="{middle + 4:g}">{told(row)}</text>',
    ]
    if not last:
        line = f'<line class="rule" x1="{end:g}" x2="{end:g}" y1="{middle + BAR / 2:g}"'
        parts.append(f'{line} y2="{middle + ROW - BAR / 2:g}"/>')
    return parts


def told(row: Row) -> str:
    """Its money in cents; a step has its sign."""
    return f"{row.money:,.2f}" if row.kind == "sum" else f"{row.money:+,.2f}"


def blocks(rows: Sequence[Row], width: int) -> list[str]:
    """Each bar as a run of blocks, all on one scale."""
    low, high = scale_of(rows)
    share = (width - 1) / (high - low) if high > low else 0.0
    found = []
    for row in rows:
        left, right = (round((edge - low) * share) for edge in edges_of(row, low, high))
        found.append(" " * left + "█" * max(1, right - left))
    return found


def short(label: str) -> str:
    """What fits beside the bars; the whole is shown where the pointer rests."""
    return label if len(label) <= LONGEST else f"{label[: LONGEST - 1].rstrip()}…"


def label_of(document: Mapping[str, Any]) -> str:
    """What the picture is, for those who do not see it."""
    return f"from the PnL of the reference to ours, {document['name']}"
