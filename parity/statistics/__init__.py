"""Statistics of overfitting and windows beside papers and the libraries that have them."""

from parity.statistics.answers import record_statistics
from parity.statistics.compare import Comparison, compare_statistics
from parity.statistics.table import draw_statistics

__all__ = ["Comparison", "compare_statistics", "draw_statistics", "record_statistics"]
