"""Who holds the cash: a tape is one account, signals share cash only when they say so."""

from __future__ import annotations

from typing import Any

from wire import Request


def sharing(request: Request) -> bool:
    """Whether several symbols live on the same cash."""
    if request.kind == "orders":
        return len(request.symbols) > 1
    return bool(request.options.get("cash_sharing", False))


def accounts(request: Request) -> list[str]:
    """Who holds cash: each symbol, or each group that shares it."""
    if not sharing(request):
        return list(request.symbols)
    labels = request.options.get("group_by", ["all"] * len(request.symbols))
    groups: dict[Any, list[str]] = {}
    for label, symbol in zip(labels, request.symbols, strict=True):
        groups.setdefault(label, []).append(symbol)
    return ["+".join(members) for members in groups.values()]
