"""What a position is worth and what a deal costs: a commission scheme's arithmetic."""

from __future__ import annotations

from typing import Any

from engine.execution.kernel import rule


@rule
def margin_of(scheme: Any, price: float) -> float:
    """Money that one unit ties up: as given, or automatic by the price."""
    if scheme["automargin"] == 0:
        return scheme["margin"]
    if scheme["automargin"] < 0:
        return price * scheme["mult"]
    return price * scheme["automargin"]


@rule
def value_of(scheme: Any, size: float, price: float, shortcash: bool) -> float:
    """Value of a deal: size times price, negative when short unless shorts need cash; or margin."""
    if scheme["stock"] == 0:
        return abs(size) * margin_of(scheme, price)
    if shortcash:
        return size * price
    return abs(size) * price


@rule
def worth_of(scheme: Any, size: float, mean: float, price: float, shortcash: bool) -> float:
    """Value of a position; without short cash a short gains value as the price falls."""
    if scheme["stock"] == 0:
        return abs(size) * margin_of(scheme, price)
    if shortcash or size >= 0:
        return size * price
    worth = mean * size
    worth += (mean - price) * size
    return worth


@rule
def fee_of(scheme: Any, size: float, price: float) -> float:
    """Commission of one part of an execution: by value or by unit, and a fixed fee on top."""
    fee = abs(size) * scheme["rate"]
    if scheme["per_unit"] == 0:
        fee *= price
    return fee + scheme["fee"]


@rule
def gain_of(scheme: Any, size: float, price: float, new: float) -> float:
    """What a size gains from one price to another."""
    return size * (new - price) * scheme["mult"]


@rule
def settled(scheme: Any, size: float, base: float, price: float) -> float:
    """Futures only: what moves into cash when a position is settled at a price."""
    if scheme["stock"] == 0:
        return size * (price - base) * scheme["mult"]
    return 0.0


@rule
def update(
    held: float, mean: float, size: float, price: float
) -> tuple[float, float, float, float]:
    """A position after a deal: size, mean price, what the deal opened and what it closed."""
    new = held + size
    if new == 0:
        return new, 0.0, 0.0, size
    if held == 0:
        return new, price, size, 0.0
    same, remains = (size > 0, new > 0) if held > 0 else (size < 0, new < 0)
    if same:
        return new, (mean * held + size * price) / new, size, 0.0
    if remains:
        return new, mean, 0.0, size
    return new, price, new, -held
