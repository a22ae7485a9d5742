"""A divergence told so that a stranger understands it: where, what, and how much."""

from __future__ import annotations

from typing import Final

from parity.divergence import Divergence
from parity.match import Class

_ROW_NOUNS: Final = {
    "orders": "an order",
    "fills": "a fill",
    "trades": "a trade",
    "entry_trades": "an entry trade",
    "positions": "a position",
    "equity": "a bar of the equity table",
}


def tell_headline(first: Divergence, *, platform: str, replay: str = "the replay") -> str:
    """One paragraph: the bar, the field, both values and the money; ``replay`` names that side."""
    parts = [f"{_where(first)}{_what(first, platform, replay)}."]
    if first.money is not None and first.money:
        richer = "richer" if first.money > 0 else "poorer"
        parts.append(f"That alone makes {replay} {abs(first.money):,.10g} {richer}.")
    if first.timestamp is not None:
        parts.append("Everything before this bar is the same.")
    return " ".join(parts)


def show_command(scenario: str, platform: str) -> str:
    """The command that shows the bars around the first divergence and both ledgers."""
    return f"truefill parity show {scenario} --platform {platform}"


def _where(first: Divergence) -> str:
    if first.timestamp is None:
        return "The first difference is in the whole run: "
    when = first.timestamp.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3].removesuffix(":00.000")
    place = f"{when} UTC, {first.symbol}" if first.symbol else f"{when} UTC"
    at = place if first.bar is None else f"bar {first.bar} ({place})"
    return f"The first difference is at {at}: "


def _what(first: Divergence, platform: str, replay: str) -> str:
    noun = _ROW_NOUNS.get(first.table, "a run")
    before, after = first.reference, first.replay
    match first.kind:
        case Class.MISSING:
            return f"{replay} lacks {noun} that {platform} has, {before} (row {first.row})"
        case Class.EXTRA:
            return f"{replay} has {noun} that {platform} has not, {after} (row {first.row})"
        case Class.SPLIT | Class.MERGED:
            return (
                f"what {platform} did as {before}, {replay} did as {after} "
                f"(table {first.table}, row {first.row})"
            )
        case Class.SEQUENCE:
            return (
                f"the {first.table} are in another order, row {before:g} of {platform} is row "
                f"{after:g} of {replay}"
            )
        case Class.ABSENT:
            return f"the table {first.table} is {before} in {platform} and {after} in {replay}"
        case Class.OUTCOME:
            return f"{platform} {before}, but {replay} {after}"
    return (
        f"{first.field} of {noun} (row {first.row}) is {_spell(before)} in {platform} but "
        f"{_spell(after)} in {replay}{_apart(first)}"
    )


def _spell(value: float | str | None) -> str:
    return "nothing" if value is None or value == "" else str(value)


def _apart(first: Divergence) -> str:
    """How far the values lie apart; for times the difference counts bars."""
    if first.difference is None:
        return ""
    size = abs(first.difference)
    if first.kind in (Class.EARLY, Class.LATE):
        return f", {size:g} bar{'' if size == 1 else 's'} {first.kind.value}"
    higher = "higher" if first.difference > 0 else "lower"
    steps = f" ({first.ulps} ulp{'' if first.ulps == 1 else 's'})" if _is_rounding(first) else ""
    return f", {size:.10g} {higher}{steps}"


def _is_rounding(first: Divergence) -> bool:
    return first.ulps is not None and first.ulps < 1_000_000
