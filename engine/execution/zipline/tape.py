"""A tape as the loop takes it: words as numbers, links as rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.execution.arrays import frozen
from engine.execution.records import Ints, Request, Unsupported
from engine.execution.zipline.codes import CHILD, PLACE, UNITS, WITHDRAW
from engine.execution.zipline.state import TAPE_STEP, Tape

KINDS = ("market", "limit", "stop", "stop_limit", "cancel", "trailing_stop")
LIMIT, STOP, STOP_LIMIT, CANCEL, TRAILING_STOP = 1, 2, 3, 4, 5


def tape_of(request: Request) -> Tape:
    """The rows with their links; raises Unsupported for what zipline cannot express."""
    if request.tape is None:
        raise Unsupported("signals are for vectorbt; give an order tape")
    given = request.tape
    kinds = codes_of(given["kind"], KINDS)
    if (kinds == TRAILING_STOP).any():
        raise Unsupported("zipline has no trailing stop orders")
    rows = np.zeros(len(given), dtype=TAPE_STEP)
    for name in ("bar", "column", "quantity"):
        rows[name] = given[name]
    rows["limit"] = np.where((kinds == LIMIT) | (kinds == STOP_LIMIT), given["limit_price"], np.nan)
    rows["stop"] = np.where((kinds == STOP) | (kinds == STOP_LIMIT), given["stop_price"], np.nan)
    rows["last"] = given["expires_bar"]
    rows["unit"] = codes_of(given["unit"], UNITS)
    cancels, tied = kinds == CANCEL, given["parent_id"] != -1
    rows["action"] = np.where(cancels, WITHDRAW, np.where(tied, CHILD, PLACE))
    link_parents(rows, given, tied)
    link_rivals(rows, given["oco_id"])
    expiring = np.flatnonzero((rows["last"] >= 0) & ~cancels)
    order = np.argsort(rows["last"][expiring], kind="stable")
    return Tape(frozen(rows, TAPE_STEP), frozen(expiring[order], np.int64))


def codes_of(words: NDArray[Any], known: tuple[str, ...]) -> Ints:
    """The place of every word among those known; most tapes have one for all their rows."""
    if len(words) and (words == words[0]).all():
        return np.full(len(words), known.index(words[0]))
    codes = np.zeros(len(words), dtype=np.int64)
    for code, word in enumerate(known):
        codes[words == word] = code
    return codes


def link_parents(rows: NDArray[Any], given: NDArray[Any], tied: NDArray[np.bool_]) -> None:
    """Every row knows its parent or the order it withdraws, every parent its children."""
    for name in ("target", "first_child", "next_child"):
        rows[name] = -1
    numbered = np.argsort(given["order_id"], kind="stable")
    places = np.searchsorted(given["order_id"], given["parent_id"][tied], sorter=numbered)
    rows["target"][tied] = numbered[places]
    children = np.flatnonzero(rows["action"] == CHILD)
    own, first, last = in_runs(children, rows["target"][children])
    rows["next_child"][own[:-1]] = own[1:]
    rows["next_child"][own[last]] = -1
    rows["first_child"][rows["target"][own[first]]] = own[first]


def link_rivals(rows: NDArray[Any], groups: NDArray[np.int64]) -> None:
    """The rows of a group stand in a ring; one without a group is alone in its own."""
    rows["rival"] = np.arange(len(rows))
    grouped = np.flatnonzero(groups != -1)
    members, first, last = in_runs(grouped, groups[grouped])
    rows["rival"][members[:-1]] = members[1:]
    rows["rival"][members[last]] = members[first]


def in_runs(rows: Ints, keys: Ints) -> tuple[Ints, Ints, Ints]:
    """Rows of one key together, in their order; where each run begins and where it ends."""
    order = np.argsort(keys, kind="stable")
    changes = np.flatnonzero(np.diff(keys[order]))
    if not len(rows):
        return rows, changes, changes
    return rows[order], np.concatenate(([0], changes + 1)), np.append(changes, len(rows) - 1)
