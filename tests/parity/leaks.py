"""Four strategies that know the future, and one that does not."""

import polars as pl

from engine.resample import resample_data
from engine.strategy import StrategyBase

close = pl.col("close")


class Above(StrategyBase):
    """Long while the close is above a level."""

    name = "above"

    def level(self, lf):
        return lf.with_columns(level=close.rolling_mean(5).over("symbol"))

    def add_indicators(self, lf):
        return self.level(lf)

    def signal(self):
        return (close > pl.col("level")).cast(pl.Float64())


class Centred(Above):
    name = "centred"

    def level(self, lf):
        return lf.with_columns(level=close.rolling_mean(5, center=True).over("symbol"))


class Shifted(Above):
    name = "shifted"

    def signal(self):
        return (close.shift(-1).over("symbol") > close).cast(pl.Float64())


class Normalised(Above):
    """The mean of all time, the future's too."""

    name = "normalised"

    def level(self, lf):
        return lf.with_columns(level=close.mean().over("symbol"))


class Labelled(Above):
    """The close of a week, known from its first day on."""

    name = "labelled"

    def level(self, lf):
        weeks = resample_data(lf.select("timestamp", "symbol", "close"), "1w", way="down")
        return lf.sort("timestamp").join_asof(
            weeks.rename({"close": "level"}).sort("timestamp"),
            on="timestamp",
            by="symbol",
            check_sortedness=False,
        )
