"""Playing a story told in a few words."""

from __future__ import annotations

from typing import Any

import pytest
from told import request_of

from engine.execution import vectorbt, vectorbt_pro
from engine.execution.records import Ledger


@pytest.fixture
def story():
    """Play a story under vectorbt's model."""
    return player(vectorbt.run)


@pytest.fixture
def pro_story():
    """Play a story under VectorBT Pro's model."""
    return player(vectorbt_pro.run)


def player(run: Any) -> Any:
    """Play a story and give its ledger; scanning and jumping must agree on it."""

    def play(bars: Any, **told: Any) -> Ledger:
        request = request_of(bars, **told)
        ledger = run(request)
        scanned = run(request, skip=False)
        assert ledger.orders.tobytes() == scanned.orders.tobytes()
        assert ledger.fills.tobytes() == scanned.fills.tobytes()
        return ledger

    return play
