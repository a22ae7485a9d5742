"""Where a signal changes: found eight bars at a time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.execution.kernel import rule, step
from engine.execution.records import Ints
from engine.metrics.segments import Sides

# A word of eight equal bytes is this many times one of them.
ONES = 0x0101010101010101


class Changes(NamedTuple):
    """Room for the bars of a stride at which exposure changes, and to what.

    ``words`` are the words of the signal that have a change, ``differ`` the bytes of them that are
    others than those before.
    """

    at: Ints
    to: Ints
    words: Ints
    differ: Ints


@step
def find_changes(
    signal: Sides, words: Ints, delay: int, span: tuple[int, int], side: int, room: Changes
) -> int:
    """The bars of a span at which exposure changes, coming from a side; after them, its end.

    ``words`` is the signal by eights. -1 if it has a value that is none of -1, 0 and 1.
    """
    t, end = span[0] - delay, span[1] - delay
    seen, count = 0, 0
    # Words that have a change are noted without a branch: where changes fall, none can be foretold.
    last = side & 255
    for place in range(t // 8, (end + 7) // 8):
        word = words[place]
        if place == t // 8:
            early, same = (1 << 8 * (t % 8)) - 1, -1 if side < 0 else side * ONES
            word = (word & ~early) | (same & early)
        room.words[seen], room.differ[seen] = place, word ^ ((word << 8) | last)
        last = (word >> 56) & 255
        seen += room.differ[seen] != 0
    for place in range(seen):
        first, differ = 8 * room.words[place], room.differ[place]
        while differ != 0:
            byte = 0
            for k in range(1, 8):
                byte += (differ & ((1 << 8 * k) - 1)) == 0
            differ &= ~(np.int64(255) << 8 * byte)
            if first + byte >= end:
                break
            now = signal[first + byte]
            if now < -1 or now > 1:
                return -1
            room.at[count], room.to[count] = first + byte + delay, now
            count += 1
    room.at[count] = span[1]
    return count


@rule
def any_short(to: Ints, count: int) -> bool:
    """Whether one of the changes is to a short side."""
    lowest = 0
    for place in range(count):
        lowest = min(lowest, to[place])
    return lowest < 0
