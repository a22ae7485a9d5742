"""The normal distribution to full precision, in its tails as well.

The probability is half of the complementary error function, which keeps its digits where 1 - erf
has lost them; the quantile is Wichura's algorithm AS 241 (1988), as the standard library has it.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final

import numpy as np

from engine.errors import OverfitError
from engine.execution.records import Floats

STANDARD: Final = NormalDist()
ROOT_TWO: Final = math.sqrt(2.0)


def probability(score: float) -> float:
    """The probability that a standard normal number is below ``score``."""
    return 0.5 * math.erfc(-score / ROOT_TWO)


def probabilities(scores: Floats) -> Floats:
    """The same of many scores."""
    below = (0.5 * math.erfc(-score / ROOT_TWO) for score in np.ravel(scores).tolist())
    return np.fromiter(below, np.float64, count=np.size(scores)).reshape(np.shape(scores))


def quantile(share: float) -> float:
    """The score below which a share of all standard normal numbers lies."""
    if not 0 < share < 1:
        raise OverfitError(f"a share of {share} has no quantile; it must lie between 0 and 1")
    return STANDARD.inv_cdf(share)
