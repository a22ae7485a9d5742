"""Rows in a chain: each knows the row ``before`` and the one ``after`` it; -1 is none."""

from __future__ import annotations

from typing import Any

from engine.execution.kernel import rule


@rule
def take_out(place: int, rows: Any) -> tuple[int, int]:
    """Join the neighbours of a row; they are returned, for whoever knows the ends of the chain.

    The row keeps them, so that a walk that stands on it still finds the way.
    """
    before, after = rows[place]["before"], rows[place]["after"]
    if before >= 0:
        rows[before]["after"] = after
    if after >= 0:
        rows[after]["before"] = before
    return before, after
