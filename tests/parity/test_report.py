"""One document, several renderings; the same document gives the same bytes.

``golden/`` holds a small document and what every renderer makes of it. After an intended change::

    from parity.report.files import write_report
    write_report(json.loads((GOLDEN / "report.json").read_text()), GOLDEN)
"""

import json
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console

from parity.check import check
from parity.gate import gate
from parity.known import Known, KnownDivergences
from parity.outcome import Unsupported
from parity.report import junit, markdown, page, picture, terminal
from parity.report.build import build_report
from parity.report.document import dump
from parity.report.files import RENDERERS, write_report
from parity.show import view
from tests import fakes

GOLDEN = Path(__file__).with_name("golden")
PAIRS = {
    "features": {"cost": "orders pay", "short": "below zero", "trailing": "a stop that follows"},
    "counts": {"cost": {"short": 3, "trailing": 0}, "short": {"trailing": 0}},
    "reasons": {"cost": {"trailing": "told elsewhere"}},
}


def cannot(*_):
    return Unsupported("fake has no limit | stop orders")


# A story per outcome: how the reference answers, how the replay does.
STORIES = {
    "agrees": (fakes.agrees, fakes.agrees),
    "cannot": (cannot, cannot),
    "one_tick_off": (fakes.agrees, fakes.one_tick_off),
    "drops_last_trade": (fakes.agrees, fakes.drops_last_trade),
    "crashes": (fakes.agrees, fakes.crashes),
    "missing": (fakes.missing, fakes.agrees),
}


def build(*names):
    """A document over these stories, all of them if none is named."""
    stories, verdicts, views = [], [], {}
    for name in names or STORIES:
        load, play = STORIES[name]
        story = fakes.story(name, topic="calm" if load is play else "loud")
        verdict = check(story, fakes.FAKE, Path(), known=KnownDivergences(), load=load, play=play)
        stories.append(story)
        verdicts.append(verdict)
        if verdict.status == "diverges":
            views[name, fakes.FAKE.id] = view(
                story, fakes.FAKE, reference=load(), replay=play(), cause=verdict.first
            )
    document = build_report(stories, [fakes.FAKE], verdicts, decision=gate(verdicts), views=views)
    return document | {"pairs": PAIRS}


@pytest.mark.parametrize("name", RENDERERS)
def test_the_same_document_gives_the_same_bytes(name):
    document = json.loads((GOLDEN / "report.json").read_text(encoding="utf-8"))
    assert RENDERERS[name](document) == (GOLDEN / name).read_text(encoding="utf-8")


def test_the_same_verdicts_give_the_same_document():
    assert dump(build()) == dump(build())


def test_no_path_and_no_clock_is_in_a_report(tmp_path):
    for file in write_report(build(), tmp_path):
        text = file.read_text(encoding="utf-8")
        assert str(Path.cwd()) not in text
        assert str(tmp_path) not in text


def test_writing_leaves_whole_files_and_no_others(tmp_path):
    (tmp_path / "mine.txt").write_text("kept")
    write_report(build("agrees"), tmp_path)
    found = sorted(file.name for file in tmp_path.iterdir())
    assert found == ["junit.xml", "mine.txt", "parity.html", "parity.md", "report.json"]


def test_the_document_counts_and_decides():
    document = build()
    assert document["totals"] == {
        "agrees": 1,
        "diverges": 2,
        "unsupported": 1,
        "reference_missing": 1,
        "failed": 1,
    }
    assert document["exit_code"] == 3
    assert len(document["reasons"]) == 4
    verdict = document["scenarios"][0]["verdicts"]["fake@1.2.0+plain"]
    assert verdict["counts"] == {"orders": 4, "fills": 3, "trades": 2}


def test_what_is_not_finite_becomes_a_word():
    document = {"a": float("nan"), "b": [float("-inf"), 1.5], "c": {"d": float("inf")}}
    assert json.loads(dump(document)) == {"a": "nan", "b": ["-inf", 1.5], "c": {"d": "inf"}}


def test_junit_has_a_case_per_story_and_counts_them():
    (suite,) = ElementTree.fromstring(junit.render(build()))
    counts = {name: int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": 6, "failures": 2, "errors": 2, "skipped": 1}
    told = {case.get("name"): [child.tag for child in case] for case in suite}
    assert told == {
        "agrees": [],
        "cannot": ["skipped"],
        "one_tick_off": ["failure"],
        "drops_last_trade": ["failure"],
        "crashes": ["error"],
        "missing": ["error"],
    }


def test_junit_survives_what_xml_cannot_hold():
    document = build("crashes")
    (verdict,) = document["scenarios"][0]["verdicts"].values()
    verdict["reason"] = verdict["headline"] = 'a "bell" \x07 & <tag>'
    error = ElementTree.fromstring(junit.render(document)).find(".//error")
    assert error.get("message") == error.text == 'a "bell" ? & <tag>'


def test_markdown_says_what_differs_and_what_cannot_be_said():
    text = markdown.render(build())
    assert "- one_tick_off on fake@1.2.0+plain: diverges: The first difference is at bar 3" in text
    assert "| fake@1.2.0+plain | fake has no limit \\| stop orders | `cannot` |" in text
    assert "| `agrees` | Buy, sell, buy again | 6 | 4 | 3 | 2 | agrees |" in text
    assert "## Known divergences\n\nNone.\n" in text


def test_a_run_that_both_sides_refuse_is_told_apart_from_one_they_played():
    document = build("agrees")
    (verdict,) = document["scenarios"][0]["verdicts"].values()
    verdict["counts"] = {}
    assert "| Buy, sell, buy again | 6 |  |  |  | both refuse |" in markdown.render(document)
    assert '<td class="agrees">both refuse</td>' in page.render(document)


def test_markdown_lists_known_divergences():
    entry = Known(
        "late-stop", "six_bars", "fake", ">=1", "core.py:run", "It is slow.", "https://x", "sha"
    )
    document = build_report([], [fakes.FAKE], [], decision=gate([]), known=[entry])
    row = "| late-stop | six_bars | fake | >=1 | core.py:run | It is slow. | https://x |"
    assert row in markdown.render(document)


def test_the_pair_table_shows_counts_gaps_and_reasons():
    text = markdown.render(build("agrees"))
    assert "| 2 | short | 3 |  |\n| 3 | trailing | - | **0** |" in text
    assert "- cost with trailing: told elsewhere" in text


def test_the_page_needs_no_network_and_closes_its_tags():
    text = page.render(build())
    for outside in ("http:", "https:", "<script", "<link", "@import", "src="):
        assert outside not in text
    assert Balance.of(text) == []


class Balance(HTMLParser):
    """Reports tags that are closed in another order than they were opened."""

    VOID = ("meta", "!doctype")

    def __init__(self):
        super().__init__()
        self.open, self.wrong = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    @classmethod
    def of(cls, text):
        parser = cls()
        parser.feed(text)
        return parser.wrong + parser.open


def test_the_picture_marks_the_fills_of_both():
    drawn = picture.draw(_view("drops_last_trade"))
    assert drawn.count('class="reference"') == 3
    assert drawn.count('class="replay"') == 2
    assert "<title>reference: -2 @ 11</title>" in drawn


def test_the_highest_price_is_at_the_top_and_the_lowest_at_the_bottom():
    scale = picture.Scale({"t": 0}, step=34.0, low=9.0, high=12.0)
    assert (scale.y(12.0), scale.y(10.5), scale.y(9.0)) == (12.0, 87.0, 162.0)
    flat = picture.Scale({"t": 0}, step=34.0, low=9.0, high=9.0)
    assert flat.y(9.0) == 87.0


def test_a_bar_without_a_price_is_a_gap_in_the_picture():
    seen = _view("one_tick_off")
    seen["bars"][2]["close"] = float("nan")
    assert picture.draw(seen).count('class="wick"') == 5
    for bar in seen["bars"]:
        bar.update(dict.fromkeys(("open", "high", "low", "close"), float("nan")))
    seen["ledgers"]["fills"] = []
    assert picture.draw(seen) == ""


def _view(name):
    (verdict,) = build(name)["scenarios"][0]["verdicts"].values()
    return verdict["view"]


def lines(parts, width):
    console = Console(width=width, record=True, file=None, force_terminal=False, quiet=False)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    return captured.get().splitlines()


def test_a_wide_terminal_shows_counts_and_a_narrow_one_drops_them():
    document = build()
    wide, narrow = (lines(terminal.draw_matrix(document), width) for width in (120, 48))
    assert any(line.split() == ["agrees", "6", "4", "3", "2", "agrees"] for line in wide)
    assert any(line.split() == ["agrees", "agrees"] for line in narrow)
    assert max(map(len, narrow)) <= 48


def test_a_hundred_red_verdicts_are_told_in_short():
    reasons = [f"reason {number}\nand its traceback" for number in range(100)]
    document = build("agrees") | {"reasons": reasons}
    text = "\n".join(lines(terminal.draw_gate(document), 120))
    assert "reason 9" in text
    assert "reason 10" not in text
    assert "and 90 more" in text
    assert "traceback" not in text


def test_the_view_of_a_divergence_fits_and_names_it():
    document = build("one_tick_off")
    (verdict,) = document["scenarios"][0]["verdicts"].values()
    drawn = lines(terminal.draw_view({"verdict": verdict, "view": verdict["view"]}), 80)
    assert any("-2 @ 11.01" in line and line.rstrip().endswith("price") for line in drawn)
    assert any(line.startswith(" 2024-01-02 14:33 <") for line in drawn)
    assert max(map(len, drawn)) <= 80
