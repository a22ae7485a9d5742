"""The page about one script on every platform: numbers, terminal, Markdown, picture, command."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import polars as pl
import pytest
from rich.console import Console
from toys import AT_CLOSE, AT_OPEN, SAME_BAR, Fill, document, platform, played, story

from engine.errors import InputError, OptionError
from parity import platforms
from parity.cli import main
from parity.outcome import Failed, Recorded, Refused, Unsupported
from parity.spread import markdown, picture
from parity.spread.run import choose_platforms, compare_platforms
from parity.spread.terminal import draw_comparison
from scenarios import save_bundle
from tests.fakes import at


def shown(told, width):
    console = Console(width=width, record=True, highlight=False)
    with console.capture() as capture:
        for part in draw_comparison(told):
            console.print(part)
    return capture.get()


# --- numbers -------------------------------------------------------------------------------------


def test_the_engine_spread_is_the_range_of_final_equity():
    # 104 against 100, of 100 at the start.
    told = document(alpha=AT_OPEN, beta=AT_CLOSE, gamma=SAME_BAR)["spread"]
    assert (told["money"], told["share"]) == (4.0, 0.04)
    assert told["low"] == {"names": ["beta"], "end": 100.0}
    assert told["high"] == {"names": ["alpha", "gamma"], "end": 104.0}


def test_who_does_not_play_is_not_in_the_spread():
    told = document(alpha=AT_OPEN, beta=Unsupported("no tapes"), gamma=Refused("price", "bar 2"))
    assert told["spread"]["money"] == 0.0
    assert [one["outcome"] for one in told["platforms"]] == ["played", "unsupported", "refused"]
    assert told["unplayed"][0] == {"name": "beta", "outcome": "unsupported", "reason": "no tapes"}
    assert told["unplayed"][1]["reason"] == "bar 2"
    assert told["exit_code"] == 0


def test_an_equity_that_is_no_number_is_said_and_left_out():
    blank = played(Fill(1, 2.0, 10.0), worth=(10.0, 11.0, 12.0, 11.0, 9.0, math.nan))
    told = document(alpha=AT_OPEN, beta=AT_CLOSE, gamma=blank)
    assert (told["spread"]["money"], told["spread"]["unknown"]) == (4.0, ["gamma"])
    assert "The last equity is no number for gamma." in shown(told, 80)


def test_a_model_that_crashes_is_exit_code_three():
    told = document(alpha=AT_OPEN, beta=Failed("ZeroDivisionError: division by zero"))
    assert told["exit_code"] == 3
    assert "FAILED: ZeroDivisionError" in shown(told, 80)


def test_idioms_that_do_the_same_are_one_platform():
    told = document(alpha__x=AT_OPEN, alpha__y=AT_OPEN, beta__x=AT_CLOSE, beta__y=SAME_BAR)
    assert [group["name"] for group in told["groups"]] == ["alpha", "beta x", "beta y"]
    assert [one["bar"] for one in told["partings"]] == [0, 0, 1]


def test_what_each_did_on_the_first_bar_on_which_they_part():
    told = document(alpha=AT_OPEN, beta=AT_CLOSE)["parting"]
    assert (told["bar"], told["timestamp"]) == (1, "2024-01-02T14:31:00+00:00")
    assert (told["bars"][0]["open"], told["bars"][0]["close"]) == (10.0, 11.0)
    first, second = told["did"]
    assert (first["cash"], first["equity"]) == (80.0, 102.0)
    assert (second["cash"], second["equity"]) == (78.0, 100.0)
    assert first["events"] == [
        {"what": "filled", "symbol": "A", "quantity": 2.0, "price": 10.0, "commission": 0.0}
        | {"basis": "the open"}
    ]


def test_nothing_parts_those_that_do_the_same():
    told = document(alpha=AT_OPEN, beta=AT_OPEN)
    assert (told["parting"], told["partings"], told["rules"]) == (None, [], [])
    assert "Engine spread: none. All 2 that play do the same." in shown(told, 80)


# --- pages ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [80, 100])
def test_it_fits_a_terminal(width):
    told = document(
        backtrader__siblings=AT_OPEN,
        backtrader__bracket=SAME_BAR,
        zipline__bundle=AT_CLOSE,
        vectorbt__numba=Unsupported("no orders that cancel each other, save an entry's stops"),
        vectorbt__rust=Unsupported("no orders that cancel each other, save an entry's stops"),
    )
    text = shown(told, width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    for words in ("Engine spread: 4, 4 %", "part on bar 0", "vectorbt  cannot express it: no"):
        assert words in text


def test_the_markdown_page_says_the_same():
    text = markdown.render(document(alpha=AT_OPEN, beta=AT_CLOSE), "page.svg")
    assert "| alpha | 1.0 | plain | 2 | 0 | 104 | 4 % |" in text
    assert "**Engine spread: 4, 4 % of the 100 at the start**" in text
    assert "## They part on bar 1 (2024-01-02 14:31 UTC)" in text
    assert "| beta | buy 2 at 11 (the close) | 78 | 100 |" in text
    assert "![equity of two_orders on every platform](page.svg)" in text


def test_the_picture_is_a_drawing_with_a_curve_for_each():
    drawing = ElementTree.fromstring(picture.draw(document(alpha=AT_OPEN, beta=AT_CLOSE)))
    paths = drawing.findall("{http://www.w3.org/2000/svg}path")
    # Two in the legend, two in the frame of equity, two in that of differences.
    assert [path.get("class") for path in paths] == ["curve"] * 6
    equity = paths[2].get("d")
    assert equity.startswith("M96.0 ") and equity.count("L") == 5


def test_a_curve_is_broken_where_there_is_no_number():
    blank = played(worth=(10.0, 11.0, math.nan, 11.0, 9.0, 10.0))
    hole = played(Fill(0, 1.0, 10.0), worth=(10.0, 11.0, math.nan, 11.0, 9.0, 10.0))
    assert picture.draw(document(alpha=blank)).count("M96.0") == 1
    drawing = ElementTree.fromstring(picture.draw(document(alpha=hole)))
    curve = drawing.findall("{http://www.w3.org/2000/svg}path")[-1].get("d")
    assert curve.count("M") == 2


def test_blocks_of_text_span_the_range():
    assert picture.spark([1.0, 2.0, math.nan, 8.0], 1.0, 8.0, 10) == "▁▂ █"
    assert picture.spark(list(range(100)), 0.0, 99.0, 4) == "▁▃▆█"
    assert picture.spark([5.0, 5.0], 5.0, 5.0, 4) == "▅▅"


def test_a_long_run_is_drawn_with_few_points():
    # 1,000 bars; equity steps from 100 to 101 on bar 777, which must not fall between two points.
    times = [at(bar) for bar in range(1000)]
    flat = [100.0] * 1000
    rise = [100.0 + (bar >= 777) for bar in range(1000)]
    bars = pl.DataFrame({"timestamp": times, "symbol": "A"}).with_columns(
        pl.lit(10.0).alias(name) for name in ("open", "high", "low", "close", "volume")
    )
    ledgers = [
        Recorded(
            played().tables
            | {
                "equity": pl.DataFrame(
                    {"timestamp": times, "account": "all", "cash": c, "equity": c}
                )
            }
        )
        for c in (flat, rise)
    ]
    told = document(replace(story(), bars=bars), alpha=ledgers[0], beta=ledgers[1])
    assert told["parting"]["bar"] == 777
    curves = told["curves"]
    assert len(curves["bars"]) <= 241
    assert (curves["bars"][0], curves["bars"][-1]) == (0, 999)
    assert curves["equity"]["beta"][curves["bars"].index(777) - 1 :][:2] == [100.0, 101.0]


# --- choosing ------------------------------------------------------------------------------------


@pytest.fixture
def peers(monkeypatch):
    """Three toys; a dictionary says how each answers."""
    answers = {"alpha": AT_OPEN, "beta": AT_CLOSE, "gamma": Unsupported("no tapes")}
    monkeypatch.setattr(platforms, "PLATFORMS", tuple(map(platform, answers)))
    monkeypatch.setattr("parity.spread.run.replay", lambda _story, peer: answers[peer.name])
    return answers


@pytest.fixture
def bundle(tmp_path):
    return save_bundle(story(), tmp_path / "my_bundle")


def test_platforms_by_name_and_by_model(peers):
    ids = [peer.id for peer in choose_platforms([], [])]
    assert ids == ["alpha@1.0+plain", "beta@1.0+plain", "gamma@1.0+plain"]
    assert [peer.name for peer in choose_platforms(["gamma", "alpha"], [])] == ["alpha", "gamma"]
    assert [peer.name for peer in choose_platforms([], ["beta"])] == ["beta"]


def test_an_unknown_model_or_an_empty_choice_is_an_error(peers):
    with pytest.raises(OptionError, match="unknown model 'omega'; the models are alpha, beta"):
        choose_platforms([], ["omega"])
    with pytest.raises(InputError, match="no platform of alpha is played by beta"):
        choose_platforms(["alpha"], ["beta"])


def test_a_bundle_a_file_and_a_name_are_scripts(peers, bundle, tmp_path):
    file = tmp_path / "topic" / "one_buy.toml"
    file.parent.mkdir()
    file.write_text(
        'title = "One buy"\nrule = "Bought at ten."\nplatforms = {}\n'
        '[bars]\nstart = 2024-01-02\nstep = "1d"\nrows.A = [10, 11]\n'
        "[script]\norders = [{ bar = 0, quantity = 1 }]\n"
    )
    same = {"play": lambda *_: Unsupported("no tapes")}
    names = [
        compare_platforms(str(what), **same)["scenario"]["name"]
        for what in (bundle, file, "003_stop_orders")
    ]
    assert names == ["two_orders", "one_buy", "003_stop_orders"]


def test_the_command_prints_the_page_and_writes_it(peers, bundle, tmp_path, capsys):
    out = tmp_path / "pages" / "mine.md"
    assert main(["compare", str(bundle), "--out", str(out)]) == 0
    assert "gamma  cannot express it: no tapes" in capsys.readouterr().out
    assert sorted(path.name for path in out.parent.iterdir()) == ["mine.md", "mine.svg"]
    before = out.read_bytes()
    assert main(["compare", str(bundle), "--out", str(out)]) == 0
    assert out.read_bytes() == before


def test_json_is_one_document(peers, bundle, capsys):
    assert main(["compare", str(bundle), "--model", "alpha", "--model", "beta", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in told["platforms"]] == ["alpha", "beta"]
    assert told["spread"]["money"] == 4.0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("nowhere", "nowhere is no bundle folder, and no scenario matches 'nowhere'"),
        ("nowhere.toml", "nowhere.toml: no such file"),
        ("003_stop_orders --platform delta", "unknown platform 'delta'; the platforms are alpha"),
        ("003_stop_orders --out page.html", "--out page.html: name a Markdown file"),
    ],
)
def test_what_cannot_be_used_is_two(peers, capsys, words, told):
    assert main(["compare", *words.split()]) == 2
    assert told in capsys.readouterr().err


def test_a_page_of_somebody_else_is_not_replaced(peers, bundle, tmp_path, capsys):
    other = tmp_path / "README.md"
    other.write_text("# Mine\n")
    assert main(["compare", str(bundle), "--out", str(other)]) == 2
    assert "holds something else" in capsys.readouterr().err
    assert other.read_text() == "# Mine\n"


def test_a_crash_is_three(peers, bundle):
    peers["beta"] = Failed("KeyError: 'x'")
    assert main(["compare", str(bundle)]) == 3


def test_two_engines_of_one_real_platform_part(capsys):
    # One unit in steps of a tenth: one engine floors 1.0 / 0.1 to nine steps, the other to ten.
    assert main(["compare", "granularity_of_tenths", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    both = [one for one in told["partings"] if one["bar"] == 0]
    assert both[0]["rule"] == "One platform cuts the order down from 1"
    assert (both[0]["first"]["did"], both[0]["second"]["did"]) == ("0.9", "1")


def test_the_example_in_the_docs_is_what_the_command_prints(monkeypatch, capsys):
    page = (Path(__file__).parents[3] / "docs" / "compare.md").read_text()
    command = page.split("<!-- example: truefill ")[1].split(" -->")[0]
    example = page.split("```\n")[1]
    monkeypatch.setenv("COLUMNS", "80")
    main(command.split())
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert "\n".join(lines).strip() == example.strip()


def test_our_own_model_plays_only_where_it_is_asked_for():
    document = compare_platforms("003_stop_orders", platforms=["house", "backtrader"])
    told = {one["name"]: one["end"] for one in document["platforms"]}
    assert told["house"] == told["backtrader"] == 97_500
    assert "house" not in {peer.name for peer in choose_platforms([], [])}
