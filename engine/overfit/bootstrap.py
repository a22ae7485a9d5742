"""What else could have happened: resampled returns and trades, and trades in another order.

The stationary bootstrap (Politis and Romano 1994) draws blocks of random length, so that what
neighbours have in common is kept; the mean length is Politis and White's (2004, corrected 2009).
Resample number i depends on the seed and on i alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.errors import OverfitError
from engine.execution.records import Floats, Ints
from engine.metrics.returns import checked
from engine.overfit.kernels import draw_stationary, walk_resampled, walk_shuffled


@dataclass(frozen=True, slots=True)
class Resampled:
    """What each resample came to: growth of wealth (1 is nothing gained), the deepest drawdown
    (negative) and the Sharpe ratio per bar (NaN where nothing varies), with those that were seen.
    """

    growth: Floats
    drawdown: Floats
    sharpe: Floats
    seen_growth: float
    seen_drawdown: float
    seen_sharpe: float
    block: float

    @property
    def loss(self) -> float:
        """The share of resamples that lose."""
        return float((self.growth < 1.0).mean())

    def quantiles(self, shares: Sequence[float] = (0.05, 0.5, 0.95)) -> dict[str, list[float]]:
        """By name, the values below which these shares of all resamples lie."""
        named = {"growth": self.growth, "drawdown": self.drawdown, "sharpe": self.sharpe}
        return {name: np.nanquantile(values, shares).tolist() for name, values in named.items()}


@dataclass(frozen=True, slots=True)
class Shuffled:
    """The deepest drawdowns of the same trades in other orders, and the one that was seen.

    ``deeper`` is the share of orders that fall deeper: near 1, the order that came was lucky.
    """

    drawdown: Floats
    seen: float

    @property
    def deeper(self) -> float:
        """The share of orders with a drawdown deeper than the one that was seen."""
        return float((self.drawdown < self.seen - 1e-12).mean())


def bootstrap_returns(
    returns: Floats, *, resamples: int = 10_000, block: float | None = None, seed: int = 0
) -> Resampled:
    """Resample returns per bar in blocks; ``block`` is their mean length, found if None."""
    known = observed(returns)
    length = block_length(known) if block is None else block
    return _resample(known, resamples, length, seed)


def bootstrap_trades(
    returns: Floats, *, resamples: int = 10_000, block: float | None = 1.0, seed: int = 0
) -> Resampled:
    """Draw as many trades as there were, with replacement: a distribution of terminal wealth.

    ``returns`` are those of each trade on the whole account, in the order of their exits. ``block``
    of 1 takes trades one by one; None keeps runs together as ``bootstrap_returns`` does.
    """
    return bootstrap_returns(returns, resamples=resamples, block=block, seed=seed)


def shuffle_trades(returns: Floats, *, shuffles: int = 10_000, seed: int = 0) -> Shuffled:
    """Put the same trades in other orders and see how deep wealth falls.

    The order does not change where wealth ends, so this is about drawdowns only.
    """
    known = observed(returns)
    check_count(shuffles)
    out, order = np.empty(shuffles), np.empty_like(known)
    walk_shuffled(known, seed, 0, order, out)
    return Shuffled(out, deepest(known))


def stationary_bars(
    bars: int, resamples: int, block: float, *, seed: int = 0, first: int = 0
) -> Ints:
    """The bars of each resample, shape (resamples, bars); the first has number ``first``."""
    check_count(resamples)
    out = np.empty((resamples, bars), dtype=np.int64)
    draw_stationary(seed, first, again(block), out)
    return out


def block_length(returns: Floats) -> float:
    """The mean block length that suits a stationary bootstrap of a series, in bars (at least 1).

    Politis and White: the first run of insignificant autocorrelations ends the memory; a flat-top
    window over it weighs spectrum against slope. At most min(3 sqrt(n), n / 3).
    """
    x = observed(returns)
    n = len(x)
    if n < 8 or x.min() == x.max():
        return 1.0
    covariances = _covariances(x - x.mean())
    lags = np.arange(1, len(covariances))
    m = len(lags) // 2
    window = np.where(lags <= m, 1.0, 2.0 * (1.0 - lags / len(lags)))
    slope = float((2.0 * window * lags * covariances[1:]).sum())
    spectrum = float(covariances[0] + (2.0 * window * covariances[1:]).sum())
    if spectrum == 0.0:
        return 1.0
    best = math.pow((slope / spectrum) ** 2 * n, 1 / 3)
    return max(1.0, min(best, float(math.ceil(min(3.0 * math.sqrt(n), n / 3.0)))))


def deepest(returns: Floats) -> float:
    """The deepest drawdown of wealth that starts at 1."""
    wealth = np.concatenate([[1.0], np.cumprod(1.0 + returns)])
    return float((wealth / np.maximum.accumulate(wealth) - 1.0).min())


def observed(returns: Floats) -> Floats:
    """Returns that were seen; none at all cannot be resampled."""
    known = checked(returns)
    known = known[~np.isnan(known)]
    if not len(known):
        raise OverfitError("there is no return to resample")
    return known


def again(block: float) -> float:
    """log of the chance that a block goes on; 0 for blocks of one bar."""
    if not block >= 1:
        raise OverfitError(f"block is {block}; a mean length is at least 1 bar")
    return 0.0 if block == 1 else math.log1p(-1.0 / block)


def check_count(resamples: int) -> None:
    """At least one."""
    if resamples < 1:
        raise OverfitError(f"{resamples} resamples tell nothing; give at least 1")


def _covariances(x: Floats) -> Floats:
    """Autocovariances up to twice the lag at which memory ends."""
    n = len(x)
    run = max(5, int(math.log10(n)))
    most = math.ceil(math.sqrt(n)) + run
    bound = 2.0 * math.sqrt(math.log10(n) / n)
    found, quiet, ends = [], 0, most
    for lag in range(most + 1):
        product = float(x[lag:] @ x[: n - lag])
        found.append(product / n)
        if quiet >= run and lag >= run and ends == most:
            ends = 2 * max(lag - run, 1)
        if lag >= ends:
            break
        late, early = x[lag + 1 :], x[: n - lag - 1]
        size = math.sqrt(float(late @ late) * float(early @ early))
        quiet = quiet + 1 if size > 0 and abs(product) / size < bound else 0
    return np.array(found[: min(ends, most) + 1])


def _resample(returns: Floats, resamples: int, block: float, seed: int) -> Resampled:
    check_count(resamples)
    out = np.empty((resamples, 4))
    walk_resampled(returns, seed, 0, again(block), out)
    growth, drawdown, mean, deviation = out.T
    with np.errstate(divide="ignore", invalid="ignore"):
        sharpe = np.where(deviation > 0, mean / deviation, np.nan)
    spread = float(returns.std(ddof=1)) if len(returns) > 1 else 0.0
    seen = float(returns.mean()) / spread if spread > 0 else math.nan
    growing = float(np.prod(1.0 + returns))
    return Resampled(growth, drawdown, sharpe, growing, deepest(returns), seen, block)
