"""How many shares an order asks for, and at which prices: zipline's roundings."""

from __future__ import annotations

import math

import numpy as np

from engine.execution.kernel import rule

TICK = 0.01
# Half a tick less a twentieth, and less ten machine epsilons, by which zipline favours a price.
FAVOUR = (0.95 - 0.5) * 10**-2 - 2.220446049250313e-16 * 10


@rule
def whole_shares(amount: float) -> float:
    """The next whole number if it is within a ten-thousandth, else toward zero."""
    nearest = np.rint(amount)
    return nearest if abs(amount - nearest) <= 1e-4 else np.trunc(amount)


@rule
def tick_price(price: float, down: bool) -> float:
    """A price on whole cents, in the favour of who asks: 0.95 of a cent go one way.

    A buyer's limit and a seller's stop are rounded down, the others up.
    """
    if math.isnan(price):
        return price
    ticks = (price - (FAVOUR if down else -FAVOUR)) / TICK
    rounded = TICK * half_up(ticks)
    return 0.0 if is_zero(rounded) else rounded


@rule
def half_up(number: float) -> float:
    """To the nearest whole number, halves up."""
    return np.ceil(number) if number % 1 >= 0.5 else np.rint(number)


@rule
def is_zero(price: float) -> bool:
    """A price that zipline takes for zero; no value can be turned into shares at it."""
    return abs(price) <= 1e-6
