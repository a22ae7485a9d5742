"""The page about one diagnosis: terminal, Markdown and picture say the same."""

from dataclasses import replace
from xml.etree import ElementTree

import polars as pl
import pytest
from known_ledgers import case_of, panel_of, under, waves
from rich.console import Console

from engine.script import Account
from parity.diagnose import diagnose, markdown, picture, tell_diagnosis
from parity.diagnose.terminal import draw_diagnosis

SPACE = "{http://www.w3.org/2000/svg}"


def told(*changes, change_trades=None, cash=100_000.0):
    entry = [bar for bar in range(300) if bar % 7 < 2]
    account = Account(cash=cash, commission=0.0002, slippage=0.0002)
    case = case_of(panel_of(waves(300)), entry, values={"stop_loss": 0.02}, account=account)
    case = under(replace(case, name="S_17"), *changes)
    if change_trades is not None:
        case = replace(case, trades=case.trades.with_columns(**change_trades))
    return tell_diagnosis(diagnose(case))


def shown(document, width=100):
    console = Console(width=width, record=True, highlight=False)
    with console.capture() as capture:
        for part in draw_diagnosis(document):
            console.print(part)
    return capture.get()


def test_terminal_and_markdown_name_the_rules_and_the_caveat():
    document = told(("entry_price", "close"))
    for page in (shown(document), markdown.render(document, "money.svg")):
        flat = " ".join(page.split())
        assert "one rule explains every one of them" in flat
        assert "signals fill at the close of their bar" in flat
        assert "They part on bar 0 (2024-01-02 00:00 UTC)" in flat
        assert "unproven against the platform" in flat
        assert "no change" in flat
    assert "![from the PnL of the reference to ours](money.svg)" in markdown.render(
        document, "money.svg"
    )


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_is_wider_than_the_terminal(width):
    page = shown(told(("entry_price", "close"), ("stop_slippage", "none")), width)
    assert max(map(len, page.splitlines())) <= width


def test_cents_add_up():
    document = told(("entry_price", "close"), ("stop_slippage", "none"))
    rows = picture.rows_of(document)
    assert [row.label for row in (rows[0], rows[-1])] == ["their PnL", "our PnL"]
    cents = [round(100 * row.money) for row in rows]
    assert sum(cents[:-1]) == cents[-1]


def test_the_picture_is_drawn_to_scale():
    # From 100 over 60 and 110 to 110: a unit is as long in every bar.
    steps = [
        {"label": "a", "money": -40.0, "after": 60.0},
        {"label": "b", "money": 50.0, "after": 110.0},
    ]
    svg = picture.draw({"name": "S", "steps": steps})
    widths = {
        rect.get("class"): float(rect.get("width"))
        for rect in ElementTree.fromstring(svg).iter(f"{SPACE}rect")
        if rect.get("class") != "sum"
    }
    sums = [
        float(rect.get("width"))
        for rect in ElementTree.fromstring(svg).iter(f"{SPACE}rect")
        if rect.get("class") == "sum"
    ]
    unit = sums[1] / 110
    assert widths["less"] == pytest.approx(40 * unit, abs=0.2)
    assert widths["more"] == pytest.approx(50 * unit, abs=0.2)
    assert sums[0] == pytest.approx(100 * unit, abs=0.2)


def test_small_steps_on_large_sums_are_shown_by_cutting_the_sums_off():
    steps = [{"label": "a", "money": -10.0, "after": 990.0}]
    document = {"name": "S", "steps": steps}
    rows = picture.rows_of(document)
    assert picture.is_cut(rows)
    low, high = picture.scale_of(rows)
    assert (low, high) == (987.5, 1002.5)
    assert "cut off" in picture.CUT
    assert picture.blocks(rows, 31) == [
        "█" * 25,
        " " * 5 + "█" * 20,
        "█" * 5,
    ]
    assert not picture.is_cut(picture.rows_of({"steps": [{**steps[0], "after": -5.0}]}))


def test_a_label_is_text_and_not_markup():
    steps = [{"label": "<b> & | _x_", "money": 1.0, "after": 2.0}]
    svg = picture.draw({"name": 'S"<', "steps": steps})
    assert "<b> & | _x_" in [text.text for text in ElementTree.fromstring(svg).iter(f"{SPACE}text")]
    assert markdown.plain("<b> | _x_") == "\\<b> \\| \\_x\\_"


def test_nothing_to_explain():
    document = told()
    assert document["headline"].startswith("Nothing to explain: all ")
    assert "tried" not in shown(document)
    assert markdown.render(document).count("\n\n") == 1


def test_what_is_left_is_said():
    document = told(
        ("entry_price", "close"),
        change_trades={"exit_price": pl.col("exit_price") + (pl.col("trade_id") == 2)},
    )
    assert "not explained; what was tried leaves a rest" in document["headline"]
    assert "2 trades of either side have no twin at the same bars and prices" in document["left"]
    assert document["left"] in " ".join(shown(document, 200).split())


def test_sizes_that_differ_alone_are_said_to_be_in_place():
    document = told(change_trades={"entry_commission": pl.col("entry_commission") * 3})
    assert document["left"].startswith("Every trade is in place; size or fees of ")


def test_a_pnl_that_is_no_number():
    document = told(("entry_price", "close"), change_trades={"pnl": pl.lit(float("nan"))})
    assert picture.draw(document) == ""
    assert "no number" in shown(document)
    assert "no number" in markdown.render(document)
