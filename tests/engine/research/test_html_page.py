"""What stands on a page, and that nothing on it comes from elsewhere."""

import re
import sys
from html.parser import HTMLParser

import polars as pl
import pytest

from engine.errors import ExtraMissing, InputError
from engine.research.page import Number, Page
from engine.research.pictures import lines
from engine.research.words import percent

FRAME = pl.DataFrame({"year": ["2023", "2024"], "return": [0.1, -0.2], "note": ["<b>", None]})
LINE = pl.DataFrame({"x": [1.0, 2.0, 3.0], "y": [1.0, 3.0, 2.0]})


VOID = {"meta", "path", "use", "rect", "image", "br", "stop"}


class Tags(HTMLParser):
    """Every tag that was opened has to be closed, in order."""

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


def read(html):
    tags = Tags()
    tags.feed(html)
    assert tags.open == []
    return tags.seen


@pytest.fixture
def page():
    made = Page("SMA < cross", subtitle="daily")
    made.headline(Number("CAGR", "12 %", note="a year", tone="gain"))
    section = made.section("Returns", text="Net of costs.")
    section.picture(lines(LINE, name="one"), caption="A line")
    section.picture(lines(LINE, name="one"), wide=False)
    section.table(FRAME, say={"return": percent}, names={"return": "Return"}, tint=("return",))
    section.paragraph("First.\n\nSecond.")
    made.section("Metrics", side=True).facts({"Sharpe": "1.10"}, caption="Risk")
    return made.foot({"Run": "4f1c"})


def test_the_page_is_well_formed_and_says_what_it_was_given(page):
    html = page.html()
    read(html)
    for told in ("SMA &lt; cross", "12 %", "Net of costs.", "A line", "<p>Second.</p>", "4f1c"):
        assert told in html
    assert html.count("<h2>") == 2
    assert "<aside>" in html


def test_nothing_is_fetched(page):
    html = page.html().replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert re.findall(r"https?://|//[a-z]+\.|@import|url\((?!#)", html) == []
    sources = [attrs for _, attrs in read(html) if {"src", "href"} & set(attrs)]
    assert all(attrs.get("href", "#").startswith("#") for attrs in sources)
    assert not any("src" in attrs for attrs in sources)


def test_wide_pictures_are_drawn_for_desks_and_for_phones(page):
    html = page.html()
    assert html.count("<svg") == 3
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_cells_are_text_and_tinted_by_their_size(page):
    html = page.html()
    assert "&lt;b&gt;" in html
    assert re.search(r'<td class="right gain" style="--a:31%">10.00 %', html)
    assert re.search(r'<td class="right loss" style="--a:62%">\N{MINUS SIGN}20.00 %', html)


def test_it_is_light_or_dark_fits_a_phone_and_prints(page):
    html = page.html()
    assert 'name="viewport"' in html
    for rule in ("prefers-color-scheme:dark", "max-width:680px", "@media print"):
        assert rule in html


def test_it_is_written_whole_or_not_at_all(page, tmp_path):
    path = page.write(tmp_path / "deep" / "page.html")
    before = path.read_bytes()

    def fail(_figure):
        raise ValueError("no ink")

    picture = lines(LINE)
    object.__setattr__(picture, "draw", fail)
    page.section("Worse").picture(picture)
    with pytest.raises(ValueError, match="no ink"):
        page.write(path)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["page.html"]


def test_a_column_that_is_not_there(page):
    with pytest.raises(InputError, match=r"table 'Returns' has no \['retrun'\]"):
        page.sections[0].table(FRAME, say={"retrun": percent})


def test_plotly_is_put_in_once(page):
    graph = pytest.importorskip("plotly.graph_objects")
    section = page.section("Look closer")
    for _ in range(2):
        section.interactive(graph.Figure(graph.Scatter(y=[1, 2])), caption="Zoom")
    html = page.html()
    assert html.count("plotly.js v") == 1
    assert html.count('class="plotly-graph-div"') == 2
    assert "<script src" not in html
    # nothing offers to upload what is shown
    assert html.count('"showSendToCloud": false') == 2


@pytest.mark.parametrize(("library", "extra"), [("jinja2", "report"), ("plotly", "report-plotly")])
def test_a_missing_library_names_its_extra(page, monkeypatch, library, extra):
    for name in [name for name in sys.modules if name.split(".")[0] == library]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ExtraMissing, match=rf"needs {library}.*truefill\[{extra}\]"):
        page.html() if library == "jinja2" else page.section("x").interactive(None)
