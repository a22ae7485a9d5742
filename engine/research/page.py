"""A page that can be sent to a colleague: one HTML file that needs nothing from the network.

A page is built of sections, and a section of pictures, tables, facts and text::

    page = Page("SMA cross", subtitle="AAPL, daily, 2013 to 2018")
    page.headline(Number("CAGR", "12.3 %", tone="gain"), Number("Sharpe", "1.10"))
    returns = page.section("Returns", text="Net of all costs.")
    returns.picture(lines(frame, name="equity"), caption="Growth of 1")
    returns.picture(one, wide=False)  # two of these stand side by side on a desk
    returns.table(frame, say={"depth": percent}, names={"depth": "Depth"}, tint=("depth",))
    page.section("Metrics", side=True).facts({"Sharpe": "1.10"})  # a column on the right
    page.foot({"Run": "4f1c...", "Data": "9a02..."})
    page.write(Path("out/page.html"))

It is light or dark as its reader's screen, readable on a phone, and prints. Needs the extra
``report`` (jinja2, and matplotlib for pictures).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import polars as pl

from engine.errors import InputError
from engine.extras import load
from engine.research.pictures.canvas import NARROW, WIDE, Picture
from engine.research.pictures.style import variables
from engine.research.words import plain
from engine.store.aside import write_bytes_aside

Tone = Literal["", "gain", "loss", "dim"]
TEMPLATES: Final = Path(__file__).parent / "templates"
# Without the second plotly offers to upload the chart to its own servers.
ALONE: Final = {"displaylogo": False, "showSendToCloud": False}
# The strongest tint of a cell; its number must stay readable on it.
DEEPEST: Final = 0.62


@dataclass(frozen=True, slots=True)
class Number:
    """One figure of the headline: its name, the figure as text, and a word below it."""

    label: str
    value: str
    note: str = ""
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Block:
    """One part of a section, as the template knows it."""

    kind: Literal["picture", "table", "facts", "text", "interactive"]
    content: Any
    caption: str = ""
    wide: bool = True


@dataclass
class Section:
    """A heading and what stands under it, in the order in which it was added."""

    title: str
    text: str = ""
    side: bool = False
    blocks: list[Block] = field(default_factory=list)

    def picture(self, picture: Picture, *, caption: str = "", wide: bool = True) -> Section:
        """A picture over the whole width, or half of it (two stand side by side on a desk)."""
        self.blocks.append(Block("picture", picture, caption, wide))
        return self

    def table(
        self,
        frame: pl.DataFrame,
        *,
        caption: str = "",
        say: Mapping[str, Callable[[Any], str]] | None = None,
        names: Mapping[str, str] | None = None,
        tint: Sequence[str] = (),
        wide: bool = True,
    ) -> Section:
        """A frame as a table, one row per row; meant for dozens of rows, not thousands.

        ``say`` writes the cells of a column, ``names`` its heading. Numbers stand right. The
        columns of ``tint`` are shaded by their number: gains blue, losses orange, the largest of
        all those columns the deepest. Raises InputError for a column that is not there.
        """
        given = {*(say or {}), *(names or {}), *tint}
        lacking = sorted(given - set(frame.columns))
        if lacking:
            raise InputError(f"table {self.title!r} has no {lacking}; it has {frame.columns}")
        content = _Table.of(frame, say or {}, names or {}, tint)
        self.blocks.append(Block("table", content, caption, wide))
        return self

    def facts(self, pairs: Mapping[str, str], *, caption: str = "", wide: bool = True) -> Section:
        """Names and what belongs to each, one a line."""
        self.blocks.append(Block("facts", dict(pairs), caption, wide))
        return self

    def paragraph(self, text: str) -> Section:
        """Plain text; an empty line begins another paragraph."""
        self.blocks.append(Block("text", [part for part in text.split("\n\n") if part.strip()]))
        return self

    def interactive(self, figure: Any, *, caption: str = "") -> Section:
        """A plotly figure. Its library (about 4.8 MB) is put into the page once, whatever their
        number. Needs the extra ``report-plotly``.
        """
        writer = load("plotly.io", extra="report-plotly", purpose="An interactive picture")
        html = writer.to_html(figure, full_html=False, include_plotlyjs=False, config=ALONE)
        self.blocks.append(Block("interactive", html, caption))
        return self


@dataclass
class Page:
    """A title, a headline of figures, sections, and a foot that says what this is a page of."""

    title: str
    subtitle: str = ""
    numbers: list[Number] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    footer: dict[str, str] = field(default_factory=dict)

    def headline(self, *numbers: Number) -> Page:
        """The figures that are read first; about six."""
        self.numbers += numbers
        return self

    def section(self, title: str, *, text: str = "", side: bool = False) -> Section:
        """A new section, at the end; on a desk those of the ``side`` form a column on the right."""
        self.sections.append(Section(title, text, side))
        return self.sections[-1]

    def foot(self, pairs: Mapping[str, str]) -> Page:
        """Names and values in small print at the end: the identity of what is shown."""
        self.footer |= pairs
        return self

    def html(self) -> str:
        """The page as text."""
        jinja2 = load("jinja2", extra="report", purpose="A page")
        found = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True
        )
        found.filters["id"] = id
        drawn = _drawn(self)
        script = _plotly() if any(one.kind == "interactive" for one in _blocks(self)) else ""
        colours = {theme: variables(theme) for theme in ("light", "dark")}
        text: str = found.get_template("page.html").render(
            page=self, drawn=drawn, colours=colours, script=script
        )
        return text

    def write(self, path: Path) -> Path:
        """Write the page, whole or not at all."""
        write_bytes_aside(path, self.html().encode())
        return path


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    right: bool
    tone: Tone = ""
    depth: float = 0.0


@dataclass(frozen=True, slots=True)
class _Table:
    """Headings and cells, ready to be written."""

    names: list[tuple[str, bool]]
    rows: list[list[_Cell]]

    @staticmethod
    def of(
        frame: pl.DataFrame,
        say: Mapping[str, Callable[[Any], str]],
        names: Mapping[str, str],
        tint: Sequence[str],
    ) -> _Table:
        right = [frame.schema[name].is_numeric() for name in frame.columns]
        shaded = frame.select(pl.col(tint).cast(pl.Float64()).fill_nan(None)) if tint else None
        most = 0.0 if shaded is None else _largest(shaded)
        rows = [
            [
                _cell(value, say.get(name, plain), at_right, most if name in tint else 0.0)
                for name, value, at_right in zip(frame.columns, row, right, strict=True)
            ]
            for row in frame.iter_rows()
        ]
        heads = [names.get(name, name.replace("_", " ").capitalize()) for name in frame.columns]
        return _Table(list(zip(heads, right, strict=True)), rows)


def _cell(value: Any, say: Callable[[Any], str], right: bool, most: float) -> _Cell:
    text = plain(None) if value is None else say(value)
    if not most or value is None or not abs(value) > 0:
        return _Cell(text, right)
    return _Cell(text, right, "gain" if value > 0 else "loss", abs(value) / most * DEEPEST)


def _largest(frame: pl.DataFrame) -> float:
    largest = frame.select(pl.max_horizontal(pl.all().abs().max())).item()
    return float(largest or 0.0)


def _blocks(page: Page) -> list[Block]:
    return [block for section in page.sections for block in section.blocks]


def _drawn(page: Page) -> dict[int, dict[str, str]]:
    """Each picture's drawings by the identity of its block: for phones, and for desks if wide."""
    drawn = {}
    for at, block in enumerate(_blocks(page)):
        if block.kind == "picture":
            sizes = {"wide": WIDE, "narrow": NARROW} if block.wide else {"narrow": NARROW}
            drawn[id(block)] = {
                size: block.content.svg(width=width, prefix=f"p{at}{size[0]}")
                for size, width in sizes.items()
            }
    return drawn


def _plotly() -> str:
    offline = load("plotly.offline", extra="report-plotly", purpose="An interactive picture")
    return str(offline.get_plotlyjs())


__all__ = ["Number", "Page", "Section"]
