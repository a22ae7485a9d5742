"""How many scenarios exercise each pair of features, as a Markdown table."""

from __future__ import annotations

from typing import Any


def render_pairs(pairs: dict[str, Any]) -> str:
    """Numbered features as rows, the same numbers as columns; then why an empty cell is empty."""
    words = list(pairs["features"])
    columns = [str(number) for number in range(1, len(words))]
    lines = [["#", "feature", *columns], ["--:", "---", *["--:"] * len(columns)]]
    for row, word in enumerate(words):
        cells = [_cell(pairs, words[column], word) for column in range(row)]
        blank = [""] * (len(columns) - len(cells))
        lines.append([str(row + 1), word, *cells, *blank][: len(columns) + 2])
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return "\n".join([table, "", *_legend(pairs), ""])


def _cell(pairs: dict[str, Any], first: str, second: str) -> str:
    count = pairs["counts"].get(first, {}).get(second, 0)
    excused = second in pairs["reasons"].get(first, {})
    return str(count) if count else ("-" if excused else "**0**")


def _legend(pairs: dict[str, Any]) -> list[str]:
    lines = ["What the features mean:", ""]
    lines += [f"- {word}: {meaning}" for word, meaning in pairs["features"].items()]
    if pairs["reasons"]:
        lines += ["", "Pairs that cannot meet, or need not (a dash in the table):", ""]
    for first, others in pairs["reasons"].items():
        lines += [f"- {first} with {second}: {reason}" for second, reason in others.items()]
    return lines
