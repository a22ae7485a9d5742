"""Many accounts walk through the same bars together, so that each bar is read once for all."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.execution.kernel import step
from engine.execution.records import Floats, Ints
from engine.metrics.changes import Changes, any_short, find_changes
from engine.metrics.outcome import Outcomes, Records, write_rest, write_sums, write_trades
from engine.metrics.segments import ALL, Clock, Moves, Sides, entry
from engine.metrics.sums import add_stretches, add_turns, count_in
from engine.metrics.walk import (
    ACCOUNT,
    begin,
    follow,
    leave,
    level_of,
    surface,
    trade_of,
)

# All accounts are taken so many bars further before the next so many: what is known of these bars,
# and the signals on them, fit a core's own cache.
STRIDE = 2048


class Room(NamedTuple):
    """Where so many accounts are kept, one a row, and what one of them needs at a time.

    ``signals`` are padded to whole words, and ``words`` are the same memory. ``totals`` and
    ``lost`` are sums and what they rounded off, ``row`` those of one stride, ``changes`` its
    changes; ``earned`` are the returns of trades.
    """

    signals: Sides
    words: Ints
    accounts: Records
    totals: Floats
    lost: Floats
    earned: Floats
    row: Floats
    changes: Changes


def make_room(sets: int, bars: int) -> Room:
    """Room for so many accounts; pages nobody writes to cost nothing."""
    signals = np.zeros((sets, bars + 8 - bars % 8), dtype=np.int8)
    return Room(
        signals,
        signals.view(np.int64),
        np.zeros(sets, dtype=ACCOUNT),
        np.zeros((sets, ALL)),
        np.zeros((sets, ALL)),
        np.empty((sets, bars)),
        np.zeros(ALL),
        Changes(
            np.zeros(STRIDE + 1, np.int64),
            np.zeros(STRIDE + 1, np.int64),
            np.zeros(STRIDE // 8 + 2, np.int64),
            np.zeros(STRIDE // 8 + 2, np.int64),
        ),
    )


@entry
def walk(
    room: Room, sets: int, moves: Moves, clock: Clock, start: int, stop: int, shorts: bool,
    outcomes: Outcomes,
) -> bool:  # fmt: skip
    """Take all accounts from one bar to before another; False if a short side is needed first.

    An account whose signal has a value that is none of -1, 0 and 1 is marked as odd.
    """
    for place in range(sets):
        begin(room.accounts[place], start)
        room.totals[place] = 0.0
        room.lost[place] = 0.0
    at, to, row = room.changes.at, room.changes.to, room.row
    for low in range(start, stop, STRIDE):
        high = min(low + STRIDE, stop)
        for place in range(sets):
            account = room.accounts[place]
            if account["odd"]:
                continue
            # What a signal said before the first bar is not known to the account.
            first = max(low, start + clock.delay)
            count = find_changes(
                room.signals[place], room.words[place], clock.delay, (first, high),
                account["side"], room.changes,
            )  # fmt: skip
            if count < 0:
                account["odd"] = 1
                continue
            if not shorts and any_short(to, count):
                return False
            add_turns(row, account, moves, at, to, count, low)
            add_stretches(row, account, moves, at, to, count, low)
            count_in(room.totals[place], room.lost[place], row)
            follow(account, moves, clock, at, to, count, (low, stop), room.earned[place])
    for place in range(sets):
        if not room.accounts[place]["odd"]:
            finish(room, place, moves, clock, start, stop, outcomes)
    return True


@step
def finish(
    room: Room, place: int, moves: Moves, clock: Clock, start: int, stop: int, outcomes: Outcomes
) -> None:
    """What an account came to."""
    account = room.accounts[place]
    if account["side"] != 0:
        leave(account, moves, clock, trade_of(account), stop, stop, room.earned[place])
    if account["low"] < account["top"]:
        surface(account, stop, level_of(account))
    sums, lost = room.totals[place], room.lost[place]
    for k in range(ALL):
        sums[k] += lost[k]
    write_sums(outcomes, place, account, sums, stop - start, moves.target)
    write_rest(outcomes, place, account, sums, start)
    write_trades(outcomes, place, account, room.earned[place])
