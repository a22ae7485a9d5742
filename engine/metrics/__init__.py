"""Metrics: one catalogue, long or wide, of runs and of plain series of returns."""

from engine.metrics.catalogue import CATALOGUE, WIDE, widen
from engine.metrics.convention import Convention, periods_per_year
from engine.metrics.run import measure, measure_returns
from engine.metrics.summary import Summary, summarize

__all__ = [
    "CATALOGUE",
    "WIDE",
    "Convention",
    "Summary",
    "measure",
    "measure_returns",
    "periods_per_year",
    "summarize",
    "widen",
]
