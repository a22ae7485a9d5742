"""A diagnosis as a section of a Markdown page."""

from __future__ import annotations

from typing import Any

from parity.diagnose.picture import CUT, is_cut, rows_of, told
from parity.diagnose.terminal import MEANING, notes
from parity.report.words import counted

Document = dict[str, Any]


def render(document: Document, picture: str = "", *, level: int = 2) -> str:
    """The section under a heading; ``picture`` is the file name of the SVG, "" for none."""
    parts = [f"{'#' * level} {plain(document['name'])}", f"**{plain(document['headline'])}**"]
    if document["same"]:
        return "\n\n".join(parts) + "\n"
    parts.append("\n".join(f"- {plain(rule)}" for rule in document["rules"]))
    parts += [plain(line) for line in notes(document)]
    first = document["parting"]
    if first:
        parts.append(
            f"They part on bar {first['bar']} ({first['time']} UTC).\n\n"
            f"- theirs: {plain(first['reference'])}\n- ours: {plain(first['replay'])}"
        )
    if picture:
        parts.append(f"![from the PnL of the reference to ours]({picture})")
        parts.append(CUT if is_cut(rows_of(document)) else "")
    parts += [money_table(document), tried_table(document), document["caveat"]]
    return "\n\n".join(part for part in parts if part) + "\n"


def tried_table(document: Document) -> str:
    """What was tried, least left first."""
    head = f"{counted(document['replays'], 'set')} of rules replayed; those nearest:"
    lines = [
        "| if | trades | out of place | differing | PnL |",
        "|---|--:|--:|--:|--:|",
        *(
            f"| {plain('; '.join(one['rules']))} | {one['trades']} | {one['misplaced']} "
            f"| {one['differing']} | {one['pnl']:,.2f} |"
            for one in document["tried"]
        ),
    ]
    return "\n\n".join([head, "\n".join(lines), MEANING])


def money_table(document: Document) -> str:
    """From their PnL to ours."""
    rows = rows_of(document)
    if not rows:
        return "The PnL is no number, so there is no way from theirs to ours."
    lines = ["| from their PnL to ours | money |", "|---|--:|"]
    for row in rows:
        lines.append(f"| {plain(row.label)} | {told(row)} |")
    return "\n".join(lines)


def plain(text: str) -> str:
    """Text that Markdown takes as it is."""
    for sign in "\\`*_|<":
        text = text.replace(sign, f"\\{sign}")
    return text
