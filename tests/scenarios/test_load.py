"""A scenario file says what happens and nothing else; a wrong one names its file and key."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from engine.errors import InputError, ScenarioError
from scenarios.load import ROOT, found_bundles, library_files, load_library, load_scenario
from tests.scenarios.stories import STORY, write


def load(folder: Path, text: str = STORY, name: str = "story"):
    return load_scenario(write(folder, text, name), folder)


def swapped(old: str, new: str, text: str = STORY) -> str:
    assert old in text
    return text.replace(old, new)


def test_name_and_topic_are_those_of_file_and_folder(tmp_path: Path) -> None:
    story = load(tmp_path)
    assert (story.topic, story.name) == ("topic", "story")
    assert story.symbols == ("A", "B")
    assert story.platforms == {"vectorbt": ("numba",)}


def test_bars_are_written_as_numbers(tmp_path: Path) -> None:
    bars = load(tmp_path).bars
    first = bars.row(0)
    assert first == (datetime(2024, 1, 2, tzinfo=UTC), "A", 10.0, 10.0, 10.0, 10.0, 0.0)
    assert bars["symbol"].to_list() == ["A", "A", "B", "B", "B"]
    assert bars.row(2)[2:] == (20.0, 21.0, 19.0, 20.0, 5000.0)
    assert bars["close"].is_nan().to_list() == [False, False, False, True, False]


def test_signals_are_placed_by_bar_number(tmp_path: Path) -> None:
    script = load(tmp_path).script
    assert script.defaults == {"size": 2.0}
    days = [time.day for time in script.frame["timestamp"]]
    assert list(zip(days, script.frame["symbol"], strict=True)) == [
        (2, "A"), (2, "B"), (3, "B"), (4, "B"),
    ]  # fmt: skip
    assert script.frame["entry"].to_list() == [True, True, False, False]
    assert script.frame["exit"].to_list() == [False, False, True, True]
    assert script.frame["stop_loss"].to_list() == [None, None, 0.1, 0.1]
    assert script.frame["vectorbt.fees"].to_list() == [None, None, 0.01, 0.01]


def test_rows_for_one_place_are_merged(tmp_path: Path) -> None:
    text = swapped('symbol = "B", exit = true', 'symbol = "B", exit = true, size = 1')
    text = swapped("{ bar = 0, entry = true },", "{ bar = 1, short_entry = true },", text)
    frame = load(tmp_path, text).script.frame
    both = frame.filter(pl.col("symbol") == "B").row(0, named=True)
    assert both["short_entry"] and both["exit"]
    assert both["size"] == 1.0


def test_an_order_tape_is_numbered_in_the_order_of_the_file(tmp_path: Path) -> None:
    tape = """
[script]
orders = [
  { bar = 0, symbol = "A", quantity = 5 },
  { bar = 0, symbol = "A", kind = "stop", quantity = -5, stop_price = 8, parent = 0, expires = 1 },
]
"""
    script = load(tmp_path, STORY.split("[script]")[0] + tape).script
    assert script.kind == "orders"
    assert script.frame["order_id"].to_list() == [0, 1]
    assert script.frame["kind"].to_list() == ["market", "stop"]
    assert script.frame["parent_id"].to_list() == [None, 0]
    assert script.frame["expires"][1] == datetime(2024, 1, 3, tzinfo=UTC)


def test_a_stored_script_is_cut_to_the_bars(tmp_path: Path) -> None:
    rows = pl.DataFrame(
        {
            "timestamp": [datetime(2024, 1, day, tzinfo=UTC) for day in (1, 3, 3, 9)],
            "symbol": ["A", "A", "C", "A"],
            "entry": [True] * 4,
        },
        schema_overrides={"timestamp": pl.Datetime("ms", "UTC")},
    )
    (tmp_path / "topic").mkdir()
    rows.write_parquet(tmp_path / "topic" / "rows.parquet")
    text = STORY.split("signals = [")[0] + 'signals = "rows.parquet"\n'
    assert load(tmp_path, text).script.frame.height == 1


WRONG = {
    "unknown key": ("title =", "heading =", "unknown keys ['heading']"),
    "no rule": ('rule = "A rule."', "", "key 'rule' is missing"),
    "empty title": ('"A story"', '" "', "title is empty"),
    "answer in it": ("[script]", "[script]\nfills = []", "unknown keys ['fills']"),
    "feature by hand": ("[bars]", 'features = ["stop_loss"]\n[bars]', "features"),
    "idiom not a list": ('["numba"]', '"numba"', "platforms.vectorbt"),
    "cash a text": ("[bars]", '[account]\ncash = "much"\n[bars]', "account: cash"),
    "cash a flag": ("[bars]", "[account]\ncash = true\n[bars]", "account: cash"),
    "unknown cost": ("[bars]", "[account]\ntax = 1.0\n[bars]", "unknown keys ['tax']"),
    "option per symbol": (
        "[bars]",
        "[options.vectorbt]\nfees = [1, 2, 3]\n[bars]",
        "vectorbt.fees",
    ),
    "mixed option": ("[bars]", '[options.vectorbt]\nfees = [1, "a"]\n[bars]', "vectorbt.fees"),
    "bad step": ('"1d"', '"1 day"', "bars.step"),
    "bad start": ("2024-01-02", '"today"', "bars.start"),
    "three prices": ("[11, 12, 10, 11.5]", "[11, 12, 10]", "bars.rows.A[1]"),
    "price a text": ("[11, 12, 10, 11.5]", '[11, "x", 10, 1]', "bars.rows.A[1]"),
    "both clocks": ('step = "1d"', 'step = "1d"\ntimes = []', "unknown keys ['start', 'step']"),
    "bar outside": ("bar = 0", "bar = 3", "script.signals[0]: bar is 3; the bars are 0 to 2"),
    "negative bar": ("bar = 0", "bar = -1", "script.signals[0]: bar is -1"),
    "unknown symbol": ('symbol = "B"', 'symbol = "C"', "script.signals[1]: symbol is 'C'"),
    "unknown column": ("entry = true", "enter = true", "script.signals[0]: unknown key 'enter'"),
    "flag a number": ("entry = true", "entry = 1", "script.signals[0]: entry"),
    "set twice": ("bar = [1, 2]", "bar = [1, 1]", "script.signals[1]"),
    "default a text": ("size = 2", 'size = "all"', "script: size"),
    "unknown default": ("size = 2", "sizes = 2", "unknown keys ['sizes']"),
    "no such table": ("signals = [", 'orders = "x.parquet"\nsignals = [', "signals or orders"),
    "not TOML": ("[bars]", "[bars", "not TOML"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_is_named_with_its_key(case: str, tmp_path: Path) -> None:
    old, new, message = WRONG[case]
    with pytest.raises(ScenarioError) as caught:
        load(tmp_path, swapped(old, new))
    assert str(tmp_path / "topic" / "story.toml") in str(caught.value)
    assert message in str(caught.value)


def test_a_name_is_plain(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="small letters"):
        load(tmp_path, name="My Story")


def test_a_stored_script_must_be_there_and_readable(tmp_path: Path) -> None:
    text = STORY.split("signals = [")[0] + 'signals = "rows.parquet"\n'
    with pytest.raises(ScenarioError, match=r"rows\.parquet"):
        load(tmp_path, text)
    (tmp_path / "topic" / "rows.parquet").write_bytes(b"PAR1")
    with pytest.raises(ScenarioError, match="not a readable Parquet file"):
        load(tmp_path, text)


def test_a_stored_script_has_known_columns(tmp_path: Path) -> None:
    write(tmp_path)
    odd = pl.DataFrame({"timestamp": [0], "symbol": ["A"], "enter": [True]})
    odd.with_columns(pl.col("timestamp").cast(pl.Datetime("ms"))).write_parquet(
        tmp_path / "topic" / "rows.parquet"
    )
    text = STORY.split("signals = [")[0] + 'signals = "rows.parquet"\n'
    with pytest.raises(InputError, match="enter"):
        load(tmp_path, text)


def test_one_name_in_two_topics_is_an_error(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "story.toml").write_text(STORY, encoding="utf-8")
    with pytest.raises(ScenarioError, match="is taken by"):
        library_files(tmp_path)


def test_a_selection_is_a_text_or_a_pattern() -> None:
    def names(select: str) -> set[str]:
        return {f"{story.topic}/{story.name}" for story in load_library(select)}

    assert names("003_stop_orders") == {"base/003_stop_orders"}
    assert names("base/") == names("base/*") == {name for name in names("0") if "base/" in name}
    assert names("00?_*") == names("base/")


def test_a_selection_of_nothing_is_an_error() -> None:
    with pytest.raises(ScenarioError, match="no scenario matches 'no such story'"):
        load_library("no such story")


def test_found_divergences_are_bundles_by_folder(tmp_path: Path) -> None:
    (tmp_path / "abc").mkdir()
    (tmp_path / "abc" / "scenario.json").write_text("{}", encoding="utf-8")
    (tmp_path / "half").mkdir()
    assert found_bundles(tmp_path) == {"found/abc": tmp_path / "abc"}


def test_the_documented_example_loads(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
    example = text.split("```toml\n")[1].split("```")[0]
    assert load(tmp_path, example).features == ("gap", "slippage", "stop_loss")
