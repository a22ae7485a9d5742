"""Running the loop, on threads when there are enough columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.execution.records import FILL_ROW, ORDER_ROW, Refused
from engine.execution.vectorbt.codes import REFUSALS
from engine.execution.vectorbt.loop import Played, play
from engine.execution.vectorbt.prepare import Prepared
from engine.execution.vectorbt.state import (
    ACCOUNT_ROW,
    HOLDING_ROW,
    OPTION_ROW,
    WISH_ROW,
    Chunk,
    Work,
)


def played(prepared: Prepared, *, skip: bool, log: bool) -> Played:
    """The order log and the fills of all columns; raises Refused where the platform stops."""
    marks = int((prepared.signals.last - prepared.signals.first).sum())
    groups = len(prepared.groups.start) - 1
    chunk = Chunk(0, groups, skip, log, 2 * marks + 64)
    result = Played(
        *play(
            prepared.bars,
            prepared.signals,
            prepared.settings,
            prepared.groups,
            work_of(prepared.table),
            chunk,
        )
    )
    if result.fault:
        reason, message = REFUSALS[result.fault]
        raise Refused(reason, message, result.bar, result.column)
    return result


def work_of(table: Any) -> Work:
    """Fresh state for every column; its option table is a copy."""
    own = table.copy()
    columns = len(own) - 1
    return Work(
        own,
        own.view(OPTION_ROW)[:, 0],
        np.zeros(1, dtype=ACCOUNT_ROW),
        np.zeros(columns, dtype=HOLDING_ROW),
        np.zeros(columns, dtype=WISH_ROW),
        np.zeros((4, columns), dtype=np.int64),
        np.zeros(columns, dtype=np.int64),
        np.zeros(columns),
    )
