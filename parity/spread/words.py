"""How the page says things: money, what a platform did on a bar, who is meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from parity.platforms import Platform
from parity.report.words import counted, moment, number


def money(value: float | None) -> str:
    """Ten digits at most, thousands apart."""
    return "none" if value is None else f"{value:,.10g}"


def percent(share: float | None) -> str:
    """A share as percent, four digits."""
    return "none" if share is None else f"{100 * share:.4g} %"


def names_of(group: Sequence[Platform], every: Iterable[Platform]) -> list[str]:
    """Who is meant: a platform by its name alone if all its idioms are in the group."""
    peers = list(every)
    names: list[str] = []
    for platform in group:
        idioms = [peer for peer in peers if peer.name == platform.name]
        whole = all(peer in group for peer in idioms)
        name = platform.name if whole else f"{platform.name} {platform.idiom}"
        if name not in names:
            names.append(name)
    return names


def members_of(group: Sequence[Platform]) -> str:
    """The same with every idiom told."""
    idioms: dict[str, list[str]] = {}
    for platform in group:
        idioms.setdefault(platform.name, []).append(platform.idiom)
    return joined([f"{name} ({', '.join(own)})" for name, own in idioms.items()])


def joined(names: Sequence[str]) -> str:
    """One, two, or several names."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def bar_name(place: Mapping[str, Any]) -> str:
    """A bar by its number and its time."""
    return f"bar {place['bar']} ({moment(place['timestamp'])} UTC)"


def side_and_size(row: Mapping[str, Any], symbols: int = 1) -> str:
    """Buy 10, sell 2.5 MSFT: the symbol only where there are several."""
    verb = "buy" if row["quantity"] > 0 else "sell"
    what = f" {row['symbol']}" if symbols > 1 else ""
    return f"{verb} {number(abs(row['quantity']))}{what}"


def deed(event: Mapping[str, Any], symbols: int) -> str:
    """One thing that a platform did on a bar."""
    asked = side_and_size(event, symbols)
    if event["what"] == "open":
        return f"{asked} waits"
    if event["what"] != "filled":
        reason = f": {event['reason']}" if event["reason"] else ""
        return f"{asked} {event['what']}{reason}"
    basis = f" ({event['basis']})" if event["basis"] else ""
    fee = f", commission {number(event['commission'])}" if event["commission"] else ""
    return f"{asked} at {number(event['price'])}{basis}{fee}"


def deeds(events: Sequence[Mapping[str, Any]], symbols: int, most: int = 6) -> list[str]:
    """Everything it did on a bar, the first few told one by one."""
    told = [deed(event, symbols) for event in events[:most]]
    if len(events) > most:
        told.append(f"and {counted(len(events) - most, 'more thing')}")
    return told or ["nothing"]


def bars_later(bars: int) -> str:
    """How much later."""
    return "one bar later" if bars == 1 else f"{bars} bars later"
