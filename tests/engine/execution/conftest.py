"""Playing a story told in a few words."""

from __future__ import annotations

from typing import Any

import pytest
from told import request_of

from engine.execution.records import Ledger
from engine.execution.vectorbt import run


@pytest.fixture
def story():
    """Play a story and give its ledger; scanning and jumping must agree on it."""

    def play(bars: Any, **told: Any) -> Ledger:
        request = request_of(bars, **told)
        ledger = run(request)
        scanned = run(request, skip=False)
        assert ledger.orders.tobytes() == scanned.orders.tobytes()
        assert ledger.fills.tobytes() == scanned.fills.tobytes()
        return ledger

    return play
