"""The library as a whole: it loads, it is broad, it is sane, and it holds no answers."""

from collections import Counter

import polars as pl
import pytest

from engine.panel import check_bars
from scenarios import Scenario
from scenarios.load import FOUND, LIBRARY, found_bundles, library_files, load_library

# Stories with an open or a close outside its bar: one is about that, the others use days on which
# the origin has it (LNT 2016-05-19, DHR 2014-11-06).
OUTSIDE = {
    "open_above_the_high",
    "close_at_half_the_price",
    "eight_shares_one_account",
    "prices_missing_in_the_origin",
}
BASE = [
    "001_simple_market_orders",
    "002_limit_orders",
    "003_stop_orders",
    "004_position_reentry",
    "005_multi_asset",
]


@pytest.fixture(scope="module")
def library() -> list[Scenario]:
    return load_library()


def test_there_are_at_least_a_hundred_stories(library: list[Scenario]) -> None:
    assert len(library) >= 100
    assert len(library) == len(library_files(LIBRARY)) + len(found_bundles(FOUND))
    assert max(Counter(story.name for story in library).values()) == 1


def test_the_base_stories_are_order_tapes(library: list[Scenario]) -> None:
    base = [story for story in library if story.topic == "base"]
    assert [story.name for story in base] == BASE
    assert {story.script.kind for story in base} == {"orders"}


def test_the_reentry_story_is_told_as_agreed(library: list[Scenario]) -> None:
    (story,) = (story for story in library if story.name == "004_position_reentry")
    assert story.script.frame["quantity"].to_list() == [100, 100, -200, 100, -50, 100, -150]


def test_twenty_stories_play_on_real_bars(library: list[Scenario]) -> None:
    real = [story for story in library if "real_bars" in story.features]
    assert len(real) >= 20
    assert max(story.bars.height for story in real) >= 100_000


def test_bars_keep_the_rules_of_bars(library: list[Scenario]) -> None:
    for story in library:
        check_bars(story.bars)


def test_open_and_close_lie_inside_their_bar(library: list[Scenario]) -> None:
    low, high = pl.col("low"), pl.col("high")
    outside = pl.any_horizontal(
        price.is_not_nan()
        & ((low.is_not_nan() & (price < low)) | (high.is_not_nan() & (price > high)))
        for price in (pl.col("open"), pl.col("close"))
    )
    told = [story for story in library if story.topic != "found"]
    assert {s.name for s in told if not s.bars.filter(outside).is_empty()} == OUTSIDE


def test_stories_say_what_they_are_about(library: list[Scenario]) -> None:
    for story in library:
        assert story.rule.endswith("."), story.source
        assert not story.title.endswith("."), story.source
        assert story.platforms, story.source
    assert max(Counter(story.title for story in library).values()) == 1


def test_every_story_is_asked_of_some_platform_in_a_named_idiom(library: list[Scenario]) -> None:
    for story in library:
        assert all(story.platforms.values()), story.source


def test_where_engines_differ_both_are_asked(library: list[Scenario]) -> None:
    """Steps of a size, and the automatic sequence, are where vectorbt's two engines part."""
    small = [story for story in library if story.bars.height < 100_000 and story.topic != "found"]
    stepped = [s for s in small if s.topic == "sizing" and "granularity" in s.features]
    ranked = [s for s in small if s.options.get("vectorbt", {}).get("call_seq") == "auto"]
    assert stepped and ranked
    for story in [*stepped, *ranked]:
        assert "rust" in story.platforms["vectorbt"], story.source


def test_every_stored_script_belongs_to_a_story() -> None:
    told = "".join(path.read_text(encoding="utf-8") for path in library_files(LIBRARY).values())
    for path in LIBRARY.rglob("*.parquet"):
        assert f'"{path.name}"' in told, path
