"""Who holds the cash, how much of it, and who is called first."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from engine.execution.records import BadOption, Floats, Ints, Request
from engine.execution.vectorbt.options import single
from engine.execution.vectorbt.series import GIVEN

# The place of a mode is its number in series.py, where cash given is 0.
UNLIMITED = ("auto", "autoalign")


class Accounts(NamedTuple):
    """Columns ``start[a]:start[a + 1]`` share account a.

    ``mode`` says whether cash is as given or found automatically, ``sequence`` who is called first.
    """

    names: tuple[str, ...]
    start: Ints
    cash: Floats
    mode: int
    sequence: int


def accounts_of(request: Request, options: Mapping[str, Any]) -> Accounts:
    """One account per column, or with ``cash_sharing`` one per group of neighbouring columns."""
    symbols = request.symbols
    labels = options.get("group_by")
    if labels is not None and len(labels) != len(symbols):
        raise BadOption(f"group_by has {len(labels)} labels for {len(symbols)} symbols")
    if not single(options, "cash_sharing"):
        sizes = [1] * len(symbols)
    elif labels is None:
        sizes = [len(symbols)]
    else:
        sizes = [len(list(members)) for _, members in itertools.groupby(labels)]
        if len(sizes) > len(set(labels)):
            raise BadOption(f"group_by is {list(labels)!r}; symbols of a group must be neighbours")
    start = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    names = tuple("+".join(symbols[a:b]) for a, b in itertools.pairwise(start.tolist()))
    given = options.get("init_cash")
    cash, mode = _cash(request.cash if given is None else given, len(sizes))
    return Accounts(names, start, cash, mode, int(single(options, "call_seq")))


def _cash(given: Any, accounts: int) -> tuple[Floats, int]:
    """Money at the start; in the two automatic modes there is no end of it."""
    if isinstance(given, str):
        if given not in UNLIMITED:
            raise BadOption(f"init_cash is {given!r}; it is a number or one of {UNLIMITED}")
        return np.full(accounts, np.inf), 1 + UNLIMITED.index(given)
    cash = np.asarray(given)
    if cash.dtype.kind not in "iuf" or cash.shape not in ((), (accounts,)):
        raise BadOption(f"init_cash is {given!r}; give one number or one for each of {accounts}")
    return np.array(np.broadcast_to(cash, (accounts,)), dtype=np.float64), GIVEN
