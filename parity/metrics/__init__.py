"""Metrics against the libraries quants already use: stored answers, and a table of differences."""

from parity.metrics.answers import read_stories, record_answers
from parity.metrics.compare import Comparison, compare_metrics
from parity.metrics.table import draw_parity

__all__ = ["Comparison", "compare_metrics", "draw_parity", "read_stories", "record_answers"]
