"""Indicators against TA-Lib: stored answers on stored bars, and a table of differences."""

from collections.abc import Sequence

from parity.indicators.answers import read_bars, read_stories, record_answers
from parity.indicators.compare import Comparison, compare_indicators
from parity.indicators.table import draw_parity


def draw_page(comparisons: Sequence[Comparison]) -> str:
    """The page of all comparisons on the stored cases."""
    return draw_parity(comparisons, read_stories(), read_bars().height)


__all__ = ["Comparison", "compare_indicators", "draw_page", "record_answers"]
