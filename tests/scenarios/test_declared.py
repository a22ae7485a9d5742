"""What a story declares about itself is seen when it is played."""

from itertools import pairwise

import polars as pl
import pytest

from engine import PlatformRefusal, Result, UnsupportedScript, simulate
from scenarios import Scenario
from scenarios.load import load_library

SHORT_OF_CASH = (
    "no_cash_long", "no_cash_short", "cant_cover_fees", "partial_fill", "insufficient_margin",
    "no_whole_unit", "margin",
)  # fmt: skip


def played(story: Scenario, model: str) -> Result | None:
    """None where the platform of that model refuses the story or cannot express it."""
    try:
        return simulate(
            story.bars,
            story.script,
            model=model,
            account=story.account,
            symbols=story.symbols,
            options=story.options.get(model, {}),
        )
    except (PlatformRefusal, UnsupportedScript):
        return None


def seen(story: Scenario, model: str, result: Result) -> set[str]:
    clock = story.bars["timestamp"].unique().sort()
    held = result.orders if model == "vectorbt" else after_fills(result)
    filled = held.filter(pl.col("status") == "filled")
    bars = filled.with_columns(bar=clock.search_sorted(filled["timestamp"]))
    told = set()
    for symbol in story.symbols:
        own = bars.filter(pl.col("symbol") == symbol).select("bar", "position").rows()
        steps = pairwise([(-9, 0.0), *own])
        for (before, held), (bar, position) in steps:
            if held * position < 0:
                told.add("reversal")
            if held == 0 and position != 0 and bar - before <= 1:
                told.add("re_entry")
    return told | ({"tight_cash"} if short_of_cash(result) else set())


def after_fills(result: Result) -> pl.DataFrame:
    """The position after each order, in the order of fills: orders that wait fill in any order."""
    fills = result.fills.with_columns(position=pl.col("quantity").cum_sum().over("symbol"))
    last = fills.unique("order_id", keep="last", maintain_order=True)
    return last.with_columns(status=pl.lit("filled"))


def short_of_cash(result: Result) -> bool:
    asked = result.orders.select("order_id", asked=pl.col("quantity").abs(), why="reason")
    got = result.fills.select("order_id", got=pl.col("quantity").abs())
    both = asked.join(got, on="order_id", how="left")
    cut = (pl.col("asked") > pl.col("got") * (1 + 1e-12)) | pl.col("why").is_in(SHORT_OF_CASH)
    return not both.filter(cut).is_empty()


@pytest.fixture(scope="module")
def stories() -> list[Scenario]:
    """What vectorbt is asked; a story for others declares what shows there."""
    told = load_library()
    return [s for s in told if s.topic != "found" and "vectorbt" in s.platforms]


def shown_by(story: Scenario) -> list[set[str]]:
    """What each platform of a story that plays it shows, in the order the story names them."""
    results = [(model, played(story, model)) for model in story.platforms]
    return [seen(story, model, result) for model, result in results if result is not None]


def test_declared_features_are_seen(stories: list[Scenario]) -> None:
    unseen = {}
    for story in stories:
        declared = {"reversal", "re_entry", "tight_cash"} & set(story.features)
        shown = shown_by(story) if declared else []
        if shown and not declared <= set().union(*shown):
            unseen[story.name] = declared - set().union(*shown)
    assert unseen == {}


def test_reversals_and_re_entries_that_happen_are_declared(stories: list[Scenario]) -> None:
    silent = {}
    for story in stories:
        shown = shown_by(story)[:1] if story.bars.height < 1000 else []
        happened = set().union(*shown) & {"reversal", "re_entry"}
        if not happened <= set(story.features):
            silent[story.name] = happened - set(story.features)
    assert silent == {}
