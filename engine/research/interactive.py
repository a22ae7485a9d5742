"""Curves to zoom into, for a page that may be large: plotly, its library put in once."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from engine.extras import load
from engine.research.pictures.decimate import decimate
from engine.research.pictures.lines import floats
from engine.research.pictures.style import ink
from engine.research.sheet import Sheet

# A zoom should find more than a picture shows.
MOST: Final = 5_000
GREY: Final = "#7d8590"


def growth_figure(sheet: Sheet) -> Any:
    """Growth of account and benchmark, and the drawdown below, as one plotly figure.

    Each line has at most 5,000 points. Needs the extra ``report-plotly``.
    """
    graph = load("plotly.graph_objects", extra="report-plotly", purpose="An interactive picture")
    account = sheet.account
    peak = pl.max_horizontal(pl.col("equity").cum_max(), pl.lit(1.0))
    fall = account.select((pl.col("equity") / peak - 1.0).alias("drawdown"))["drawdown"]
    named = (("Strategy", account["equity"], "first"),
             (sheet.benchmark.capitalize(), account["benchmark"], "second"))  # fmt: skip
    traces = [
        graph.Scatter(**_line(account["timestamp"], values), name=name, line_color=ink(role))
        for name, values, role in named
    ]
    below = _line(account["timestamp"], fall)
    traces.append(
        graph.Scatter(
            **below, name="Drawdown", yaxis="y2", fill="tozeroy", line_color=ink("first"),
            showlegend=False,
        )
    )  # fmt: skip
    return graph.Figure(traces, _layout())


def _line(clock: pl.Series, values: pl.Series) -> dict[str, Any]:
    keep = decimate(floats(values), MOST)
    times = clock.dt.replace_time_zone(None).gather(keep)
    return {
        "x": times.to_list(),
        "y": values.gather(keep).to_list(),
        "mode": "lines",
        "line_width": 1.6,
    }


def _layout() -> dict[str, Any]:
    """Grey words and rules on no paper at all: they do on white and on black."""
    rule = {"gridcolor": "rgba(125,133,144,0.25)", "zeroline": False}
    return {
        "height": 520,
        "margin": {"l": 56, "r": 14, "t": 30, "b": 30},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "system-ui, sans-serif", "size": 12, "color": GREY},
        "hovermode": "x unified",
        "legend": {"orientation": "h", "x": 0, "y": 1.08},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": GREY},
        "xaxis": {**rule, "anchor": "y2"},
        "yaxis": {**rule, "type": "log", "domain": [0.32, 1.0]},
        "yaxis2": {**rule, "domain": [0.0, 0.26], "tickformat": ".0%"},
    }


__all__ = ["growth_figure"]
