"""An order tape in the words of backtesting.py: which row is an entry, and what hangs on it.

Entries are ``buy`` and ``sell``. A stop or a limit that closes its entry is that trade's ``sl`` or
``tp``, given with the entry when it is decided on the same bar and set on the trade when it comes
later. A market order that closes its entry is ``Trade.close``, a target of zero
``Position.close``. Expiry and withdrawal are ``Order.cancel``. There is nothing else a tape could
be said in.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.execution.backtesting_py.codes import CANCEL, CLOSE, ENTRY, FLAT, LOSS, TARGET
from engine.execution.backtesting_py.state import PLAN_ROW
from engine.execution.records import Ints, Unsupported

Flags = NDArray[np.bool_]

# What buy and sell take for all there is: just below one, because one would be a unit.
ALL = 1 - np.finfo(np.float64).eps


def plan_of(tape: NDArray[Any]) -> NDArray[Any]:
    """The tape as PLAN_ROWs; raises Unsupported for what backtesting.py has no word for."""
    parent = parents_of(tape)
    plan = np.zeros(len(tape), dtype=PLAN_ROW)
    plan["role"] = roles_of(tape, parent)
    plan["bar"], plan["parent"] = tape["bar"], parent
    size, share = tape["quantity"], tape["unit"] == "percent"
    plan["size"] = np.where(share & (np.abs(size) == 1), np.sign(size) * ALL, size)
    limited = np.isin(tape["kind"], ("limit", "stop_limit"))
    stopped = np.isin(tape["kind"], ("stop", "stop_limit"))
    plan["limit"] = np.where(limited, tape["limit_price"], 0.0)
    plan["stop"] = np.where(stopped, tape["stop_price"], 0.0)
    plan["whole"] = share
    for name in ("loss", "target", "trade", "waiting", "next_waiting", "first"):
        plan[name] = -1
    put_inline(plan)
    return plan


def endings_of(tape: NDArray[Any]) -> tuple[Ints, Ints]:
    """The rows that expire, by bar and then by row, and the bars at whose close they do."""
    rows = np.flatnonzero(tape["expires_bar"] >= 0)
    rows = rows[np.argsort(tape["expires_bar"][rows], kind="stable")]
    return rows, np.ascontiguousarray(tape["expires_bar"][rows])


def parents_of(tape: NDArray[Any]) -> Ints:
    """The row of each row's parent, -1 for none."""
    own, named = tape["order_id"], np.ascontiguousarray(tape["parent_id"])
    if (own == np.arange(len(tape))).all():
        return named
    order = np.argsort(own, kind="stable")
    places = np.searchsorted(own, named, sorter=order)
    return np.where(named >= 0, order[np.minimum(places, len(order) - 1)], -1)


def roles_of(tape: NDArray[Any], parent: Ints) -> Ints:
    """What each row is; raises Unsupported with the reason of the first rule that is broken."""
    kind, unit, size = tape["kind"], tape["unit"], tape["quantity"]
    cancels, child = kind == "cancel", parent >= 0
    rest, target = ~cancels, np.char.startswith(unit, "target_")
    market = kind == "market"
    refuse(
        kind == "trailing_stop",
        "backtesting.py has no trailing stops; its users move a trade's sl",
    )
    refuse(
        rest & (tape["oco_id"] >= 0) & (~child | market),
        "backtesting.py has no orders that cancel each other but sl and tp",
    )
    refuse(
        rest & target & ((size != 0) | ~market | child),
        "backtesting.py has one target, a position closed at the market",
    )
    sized = rest & ~target
    refuse(
        sized & (unit == "value"),
        "backtesting.py sizes orders in units or shares, not in value",
    )
    refuse(
        sized & (unit == "percent") & (np.abs(size) > 1),
        "a share of backtesting.py is one at most; more comes from margin",
    )
    refuse(
        sized & (unit == "units") & ~child & (size != np.rint(size)),
        "backtesting.py counts whole units; less than one would be a share",
    )
    check_children(tape, parent, sized & child, target)
    role = np.select(
        [cancels, target, child & (kind == "stop"), child & (kind == "limit"), child],
        [CANCEL, FLAT, LOSS, TARGET, CLOSE],
        ENTRY,
    )
    check_slots(tape, role, parent)
    return role


def check_children(tape: NDArray[Any], parent: Ints, child: Flags, target: Flags) -> None:
    """A child closes its entry: all of it at a stop or limit, all or a part at the market."""
    rows = np.flatnonzero(child)
    entry = parent[rows]
    refuse(
        (parent[entry] >= 0) | (tape["kind"][entry] == "cancel") | target[entry],
        "backtesting.py ties orders to entries only",
    )
    kind, unit, size = tape["kind"][rows], tape["unit"][rows], tape["quantity"][rows]
    refuse(
        kind == "stop_limit",
        "backtesting.py has no stop_limit order that waits for another",
    )
    asked = tape["quantity"][entry]
    same = unit == tape["unit"][entry]
    part = (kind == "market") & (unit == "units") & (size * asked < 0)
    refuse(
        ~(same & ((size == -asked) | part)),
        "an order tied to an entry of backtesting.py closes that entry",
    )


def check_slots(tape: NDArray[Any], role: Ints, parent: Ints) -> None:
    """A trade has one sl and one tp; a second one must find the first withdrawn or expired."""
    rows = np.flatnonzero((role == LOSS) | (role == TARGET))
    slots = 2 * parent[rows] + (role[rows] == LOSS)
    grouped = rows[tape["oco_id"][rows] >= 0]
    _, leads, place = np.unique(tape["oco_id"][grouped], return_index=True, return_inverse=True)
    refuse(
        parent[grouped] != parent[grouped[leads][place]],
        "only the sl and tp of one entry cancel each other in backtesting.py",
    )
    if not len(slots) or np.bincount(slots).max() == 1:
        return
    cancels = np.flatnonzero(role == CANCEL)
    first_cancel: dict[int, int] = {}
    for row in cancels.tolist():
        first_cancel.setdefault(int(parent[row]), row)
    held: dict[int, int] = {}
    for slot, row in zip(slots.tolist(), rows.tolist(), strict=True):
        first = held.get(slot)
        if first is not None:
            over = 0 <= tape["expires_bar"][first] < tape["bar"][row]
            gone = first_cancel.get(first, row) < row
            refuse(
                np.array([not (over or gone)]), "a trade of backtesting.py has one sl and one tp"
            )
        held[slot] = row


def put_inline(plan: NDArray[Any]) -> None:
    """Name the sl and tp that are given with an entry: of its own bar, the first of each."""
    for role, name in ((LOSS, "loss"), (TARGET, "target")):
        rows = np.flatnonzero(plan["role"] == role)
        rows = rows[plan["bar"][rows] == plan["bar"][plan["parent"][rows]]]
        parents, first = np.unique(plan["parent"][rows], return_index=True)
        plan["inline"][rows[first]] = 1
        plan[name][parents] = rows[first]


def refuse(broken: Flags, reason: str) -> None:
    """Raise Unsupported if any row breaks a rule."""
    if broken.any():
        raise Unsupported(reason)
