"""Expressions within each symbol, and without a window where there is only one symbol.

To find the rows of each symbol takes longer than many an indicator on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

import polars as pl

# Bars of a symbol that are few.
FEW: Final = 5_000
_ALONE: Final = ContextVar("alone", default=False)


def per_symbol(expression: pl.Expr) -> pl.Expr:
    """``expression.over("symbol")``; the expression itself while bars of one symbol are asked."""
    return expression if _ALONE.get() else expression.over("symbol")


def plain(expression: pl.Expr) -> pl.Expr:
    """An expression that is whole ``.over("symbol")`` without that, while it is not needed."""
    inner = expression.meta.pop() if _ALONE.get() else []
    same = [one for one in inner if one.over("symbol").meta.eq(expression)]
    return same[0] if same else expression


def is_alone(bars: pl.DataFrame) -> bool:
    """Whether all bars are of one symbol."""
    if "symbol" not in bars.columns or bars.is_empty():
        return False
    symbols = bars.get_column("symbol")
    return symbols.null_count() == 0 and bool((symbols == symbols.item(0)).all())


def symbol_by_symbol(bars: pl.DataFrame) -> list[pl.DataFrame]:
    """Bars cut into those of each symbol, in their order; whole where that is not worth it.

    It is not where the bars of a symbol do not follow one another, or are few: a query costs as
    much as it takes to find the symbols of some thousand rows.
    """
    if "symbol" not in bars.columns or bars.height < FEW:
        return [bars]
    runs = bars.get_column("symbol").rle().struct.unnest()
    symbols = runs["value"]
    if bars.height < FEW * runs.height or symbols.null_count() or not symbols.is_unique().all():
        return [bars]
    lengths = runs["len"]
    starts = lengths.cum_sum() - lengths
    return [bars.slice(start, length) for start, length in zip(starts, lengths, strict=True)]


def in_order(bars: pl.DataFrame) -> pl.DataFrame:
    """The same bars; where symbols are sorted polars is told, and finds the rows of each sooner."""
    if "symbol" not in bars.columns:
        return bars
    symbols = bars.get_column("symbol")
    known = symbols.null_count() == 0 and symbols.is_sorted()
    return bars.with_columns(symbols.set_sorted()) if known else bars


@contextmanager
def asked_of(*, one_symbol: bool) -> Iterator[None]:
    """What is made of expressions inside is for bars of one symbol, or it is not."""
    token = _ALONE.set(one_symbol)
    try:
        yield
    finally:
        _ALONE.reset(token)


__all__ = ["asked_of", "in_order", "is_alone", "per_symbol", "plain", "symbol_by_symbol"]
