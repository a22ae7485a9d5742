"""Worked numbers that papers print or that follow from their formulas, beside ours."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, NamedTuple

from engine.overfit import (
    Track,
    deflated_sharpe,
    expected_max_sharpe,
    min_backtest_years,
    min_track_record,
    probabilistic_sharpe,
)
from engine.wfa import Combinatorial

VARIANCE: Final = 0.5 / 250
PAPER: Final = Track(2.5 / math.sqrt(250), 1250, -3.0, 7.0)
FUND: Final = Track(1.585 / math.sqrt(12), 24, -2.448, 10.164 - 3.0)


class Published(NamedTuple):
    """A case, the value that was published, to how many digits, and ours."""

    case: str
    source: str
    value: float
    digits: int
    own: Callable[[], float]

    @property
    def equal(self) -> bool:
        """Ours, rounded to the digits that were published, is what was published."""
        return f"{self.own():.{self.digits}g}" == f"{self.value:.{self.digits}g}"


def years(per_year: int) -> float:
    """The record for an annual 2 against 1, normal returns, 95 %."""
    track = Track(2.0 / math.sqrt(per_year), 0)
    return min_track_record(track, 1.0 / math.sqrt(per_year)) / per_year


def skewed() -> float:
    """The record for an annual 3 against 2.5, monthly, skewed returns, 95 %."""
    track = Track(3.0 / math.sqrt(12), 0, -0.72, 5.78 - 3.0)
    return min_track_record(track, 2.5 / math.sqrt(12)) / 12


DSR: Final = "Bailey and Lopez de Prado 2014"
PSR: Final = "Bailey and Lopez de Prado 2012"
BTL: Final = "Bailey, Borwein, Lopez de Prado and Zhu 2014"
AFML: Final = "Lopez de Prado 2018, chapter 12"
PUBLISHED: Final = (
    Published(
        "deflated Sharpe, annual 2.5, 1,250 days, skew -3, kurtosis 10, 100 trials",
        DSR,
        0.9003968344,
        10,
        lambda: deflated_sharpe(PAPER, trials=100, variance=VARIANCE),
    ),
    Published(
        "the same, 46 trials",
        DSR,
        0.9505017,
        7,
        lambda: deflated_sharpe(PAPER, trials=46, variance=VARIANCE),
    ),
    Published(
        "the same, normal returns, 88 trials",
        DSR,
        0.9504908,
        7,
        lambda: deflated_sharpe(Track(PAPER.sharpe, 1250), trials=88, variance=VARIANCE),
    ),
    Published(
        "the Sharpe ratio a day that luck reaches in 100 trials",
        DSR,
        0.113172,
        6,
        lambda: expected_max_sharpe(100, VARIANCE),
    ),
    Published(
        "expected maximum of 100 normal numbers",
        DSR,
        2.5306028932016846,
        15,
        lambda: expected_max_sharpe(100),
    ),
    Published(
        "probabilistic Sharpe, annual 1.585, 24 months, skew -2.448, kurtosis 10.164",
        PSR,
        0.9132343069,
        10,
        lambda: probabilistic_sharpe(FUND),
    ),
    Published(
        "the same, normal returns",
        PSR,
        0.982,
        3,
        lambda: probabilistic_sharpe(Track(FUND.sharpe, 24)),
    ),
    Published(
        "minimum track record, 2 against 1, daily, years", PSR, 2.7312, 5, lambda: years(250)
    ),
    Published("the same, weekly", PSR, 2.83, 3, lambda: years(52)),
    Published("the same, monthly", PSR, 3.24, 3, lambda: years(12)),
    Published(
        "minimum track record, 3 against 2.5, skew -0.72, kurtosis 5.78, years",
        PSR,
        27.3529201960403,
        15,
        skewed,
    ),
    Published(
        "minimum backtest, 45 trials, annual 1, years",
        BTL,
        4.9980870044,
        11,
        lambda: min_backtest_years(45),
    ),
    Published("splits of 6 groups, 2 tested", AFML, 15, 2, lambda: Combinatorial(6, 2).split_count),
    Published("paths of 6 groups, 2 tested", AFML, 5, 1, lambda: Combinatorial(6, 2).path_count),
    Published("paths of 10 groups, 8 tested", AFML, 36, 2, lambda: Combinatorial(10, 8).path_count),
)
