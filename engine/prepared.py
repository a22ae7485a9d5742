"""What many runs on the same bars share: asset returns, basic features, masks, cost inputs.

Each is computed once per data version, universe and frequency and then read from the cache.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from engine.store.cache import Cache

KEYS: Final = ("timestamp", "symbol")
# Raised whenever a rule below changes, so that what older code wrote is not read.
RULES: Final = 2
MONTH: Final = 21


@dataclass(frozen=True)
class Prepared:
    """The shared columns of some bars, each frame with timestamp and symbol, rows as in the bars.

    ``bars`` gives the bars (BARS columns, sorted by time within each symbol) and is only called for
    what the cache does not have.
    """

    bars: Callable[[], pl.DataFrame]
    data_version: str
    universe: tuple[str, ...]
    frequency: str
    cache: Cache = field(default_factory=Cache)

    def asset_returns(self) -> pl.DataFrame:
        """``return`` and ``log_return`` from close to close; a bar without a price has 0."""
        return self._kept("asset_returns", asset_returns)

    def features(self) -> pl.DataFrame:
        """``range``, ``volatility``, ``momentum`` and ``value``, see ``basic_features``."""
        return self._kept("features", basic_features)

    def masks(self) -> pl.DataFrame:
        """``priced``, ``traded`` and ``first``, see ``masks``."""
        return self._kept("masks", masks)

    def costs(self) -> pl.DataFrame:
        """``half_spread`` and ``dollar_volume``, see ``cost_inputs``."""
        return self._kept("costs", cost_inputs)

    def _kept(self, kind: str, make: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.DataFrame:
        key = {
            "data_version": self.data_version,
            "universe": sorted(self.universe),
            "frequency": self.frequency,
            "rules": RULES,
        }
        return self.cache.frame(kind, key, lambda: make(self.bars().lazy()).collect())


def asset_returns(bars: pl.LazyFrame) -> pl.LazyFrame:
    """Return from close to close, simple and logarithmic; 0 where a price is missing."""
    ratio = _close() / _close().shift().over("symbol")
    return bars.select(
        *KEYS,
        (ratio - 1.0).fill_null(0.0).alias("return"),
        ratio.log().fill_null(0.0).alias("log_return"),
    )


def basic_features(bars: pl.LazyFrame) -> pl.LazyFrame:
    """High over low less 1; deviation of 21 returns (ddof 1); change over 21 bars; traded value."""
    close = _close()
    change = close / close.shift().over("symbol") - 1.0
    return bars.select(
        *KEYS,
        (_price("high") / _price("low") - 1.0).alias("range"),
        change.rolling_std(MONTH).over("symbol").alias("volatility"),
        (close / close.shift(MONTH).over("symbol") - 1.0).alias("momentum"),
        (_price("close") * _price("volume")).alias("value"),
    )


def masks(bars: pl.LazyFrame) -> pl.LazyFrame:
    """Bars with all prices, bars on which anything was traded, and each symbol's first bar."""
    prices = [_price(name).is_not_null() for name in ("open", "high", "low", "close")]
    return bars.select(
        *KEYS,
        pl.all_horizontal(prices).alias("priced"),
        (_price("volume").fill_null(0.0) > 0).alias("traded"),
        (pl.int_range(pl.len()).over("symbol") == 0).alias("first"),
    )


def cost_inputs(bars: pl.LazyFrame) -> pl.LazyFrame:
    """What slippage models ask for: an estimate of the spread, and traded value over 21 bars.

    ``half_spread`` is what one side of a trade pays as a share of the price: half of the spread
    that the highs and lows of two bars tell, 0 where the estimate is negative, the last known one
    where a price is missing. As in Corwin and Schultz, A Simple Way to Estimate Bid-Ask Spreads
    from Daily High and Low Prices (2012), equation 14, without their correction for nights.
    """
    own = (_price("high") / _price("low")).log() ** 2
    high = pl.max_horizontal(_price("high"), _price("high").shift().over("symbol"))
    low = pl.min_horizontal(_price("low"), _price("low").shift().over("symbol"))
    both, beta = (high / low).log() ** 2, own + own.shift().over("symbol")
    root = 3.0 - 2.0 * 2.0**0.5
    alpha = ((2.0 * beta).sqrt() - beta.sqrt()) / root - (both / root).sqrt()
    half = ((alpha.exp() - 1.0) / (1.0 + alpha.exp())).clip(lower_bound=0.0)
    value = _price("close") * _price("volume")
    return bars.select(
        *KEYS,
        half.fill_nan(None).forward_fill().over("symbol").fill_null(0.0).alias("half_spread"),
        value.rolling_mean(MONTH).over("symbol").alias("dollar_volume"),
    )


def _close() -> pl.Expr:
    return _price("close").forward_fill().over("symbol")


def _price(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Float64()).fill_nan(None)


__all__ = ["Prepared", "asset_returns", "basic_features", "cost_inputs", "masks"]
