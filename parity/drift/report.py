"""Version drift on a terminal and as a section of a Markdown page."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from engine.errors import InputError
from engine.store.aside import write_text_aside
from parity.report.words import counted, number

Document = dict[str, Any]

WORDS: Final = {
    "same": "same to the bit",
    "same_outcome": "same, not played",
    "differs": "differs",
    "outcome": "another outcome",
    "failed": "failed",
}
LOUD: Final = ("differs", "outcome", "failed")
# As many scenarios are named where one sentence stands for several.
NAMED: Final = 8


def draw_drift(document: Document) -> list[RenderableType]:
    """The counts, then everything that changed."""
    parts: list[RenderableType] = [Text(title(document), style="bold"), _counts(document)]
    for row in changed(document):
        style = "bold red" if row["became"] == "failed" else "bold"
        parts.append(Text(f"{WORDS[row['became']]} ({row['idiom']}): {row['who']}", style=style))
        parts.append(Text(f"  {row['told']}\n"))
    parts.append(Text(sentence(document), style="bold"))
    return parts


def title(document: Document) -> str:
    """Which versions of which platform."""
    older, newer = (version["version"] for version in document["versions"])
    return f"{document['platform']} {older} and {newer}"


def sentence(document: Document) -> str:
    """All counts of all idioms in one line."""
    sums = {word: sum(own[word] for own in document["totals"].values()) for word in WORDS}
    told = [f"{sums[word]} {text}" for word, text in WORDS.items() if sums[word]]
    return f"{counted(sum(sums.values()), 'answer')} of each version: {', '.join(told)}"


def changed(document: Document) -> list[dict[str, Any]]:
    """What is not the same; scenarios of which the same is told share a row."""
    rows: dict[tuple[str, str, str], list[Document]] = {}
    for one in document["scenarios"]:
        if one["became"] in LOUD:
            # A crash tells pages; its first line names it.
            told = (one["told"].splitlines() or [""])[0]
            rows.setdefault((one["became"], one["idiom"], told), []).append(one)
    order = list(WORDS)
    return [
        {"became": became, "idiom": idiom, "who": _who(ones), "told": told, "ones": ones}
        for (became, idiom, told), ones in sorted(
            rows.items(), key=lambda row: (-order.index(row[0][0]), len(row[1]))
        )
    ]


def _who(ones: list[Document]) -> str:
    names = [one["scenario"] for one in ones]
    if len(names) > NAMED:
        return f"{len(names)} scenarios"
    return ", ".join(names)


def _counts(document: Document) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("idiom")
    for text in WORDS.values():
        table.add_column(text, justify="right")
    for idiom, own in document["totals"].items():
        table.add_row(idiom, *(str(own[word]) for word in WORDS))
    return table


def render(document: Document) -> str:
    """The section, between marks that a later run finds again."""
    older, newer = (version["version"] for version in document["versions"])
    chosen = f" {document['select']}" if document["select"] else ""
    command = (
        f"truefill parity drift{chosen} --platform {document['asked']} --versions {older} {newer}"
    )
    heads = ["idiom", *WORDS.values()]
    counts = [[idiom, *(str(own[w]) for w in WORDS)] for idiom, own in document["totals"].items()]
    parts = [
        start_of(document),
        f"## {title(document)}",
        f"`{command}`",
        _packages(document),
        _table(heads, counts, right=1),
        _changes(document),
        END,
    ]
    return "\n\n".join(parts)


def _packages(document: Document) -> str:
    """What each version was recorded with."""
    lines = []
    for one in document["versions"]:
        packages = [f"{name} {version}" for name, version in one["packages"].items()]
        lines.append(f"- {one['version']}: Python {one['python']}, {', '.join(packages)}")
    return "\n".join(lines)


def _changes(document: Document) -> str:
    rows = [
        [
            ", ".join(f"`{one['scenario']}`" for one in row["ones"][:NAMED])
            + (f" and {len(row['ones']) - NAMED} more" if len(row["ones"]) > NAMED else ""),
            row["idiom"],
            WORDS[row["became"]],
            row["told"],
            _differing(row["ones"]),
            _money(row["ones"]),
        ]
        for row in changed(document)
    ]
    if not rows:
        return "Nothing changed."
    heads = ["scenario", "idiom", "what", "the first difference", "values that differ", "money"]
    return _table(heads, rows, right=5)


def _differing(ones: list[Document]) -> str:
    if len(ones) > 1:
        return ""
    return ", ".join(f"{count} in {table}" for table, count in ones[0]["differing"].items())


def _money(ones: list[Document]) -> str:
    known = [one["money"] for one in ones if one["money"] is not None]
    return number(known[0]) if len(ones) == 1 and known else ""


END: Final = "<!-- end of drift -->"


def start_of(document: Document) -> str:
    """The mark before a section: one for each platform asked and pair of versions."""
    older, newer = (version["version"] for version in document["versions"])
    return f"<!-- drift of {document['asked']} {older} {newer} -->"


def write_section(document: Document, page: Path) -> None:
    """Put the section into a page, in place of its earlier one, else at the end."""
    if page.suffix != ".md" or page.is_dir():
        raise InputError(f"--out {page}: name a Markdown file")
    text = page.read_text(encoding="utf-8") if page.exists() else "# Version drift\n"
    before, mark, rest = text.partition(start_of(document))
    if not mark:
        write_text_aside(page, f"{text.rstrip()}\n\n{render(document)}\n")
        return
    _, end, after = rest.partition(END)
    if not end:
        raise InputError(f"{page}: {mark} has no {END!r} after it; mend the page")
    write_text_aside(page, before + render(document) + after)


def _table(heads: list[str], rows: list[list[str]], *, right: int = 99) -> str:
    """A Markdown table; the columns from ``right`` on hold numbers."""
    rule = ["--:" if column >= right else "---" for column in range(len(heads))]
    lines = [heads, rule, *([_plain(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _plain(cell: str) -> str:
    return " ".join(cell.split()).replace("|", "\\|")
