"""What each status is called, and how rows and numbers read."""

from __future__ import annotations

from typing import Any, Final, NamedTuple


class Word(NamedTuple):
    """A status in a cell, and the colour a terminal gives it."""

    text: str
    style: str


# Good news first; reports count and sort in this order.
STATUSES: Final = {
    "agrees": Word("agrees", "green"),
    "known": Word("known", "yellow"),
    "unsupported": Word("unsupported", "dim"),
    "diverges": Word("DIVERGES", "bold red"),
    "stale_known": Word("STALE KNOWN", "bold red"),
    "failed": Word("FAILED", "bold red"),
    "reference_missing": Word("NO REFERENCE", "bold red"),
    "peer_missing": Word("NO PEER", "bold red"),
    "bad_input": Word("BAD INPUT", "bold red"),
}
CALM: Final = ("agrees", "known", "unsupported")
RED: Final = tuple(status for status in STATUSES if status not in CALM)
BOTH_REFUSE: Final = Word("both refuse", "green")
NOT_ASKED: Final = Word("-", "dim")
LAID_OUT: Final = ("time", "symbol", "reference", "replay", "")
COUNTED: Final = ("orders", "fills", "trades")


def word_of(scenario: dict[str, Any], platform: str) -> Word:
    """What stands in the cell of a scenario and a platform."""
    verdict = scenario["verdicts"].get(platform)
    if verdict is None:
        return NOT_ASKED
    if verdict["status"] == "agrees" and not verdict["counts"]:
        # There was nothing to count: the platform's own rules stop this run, and so do ours.
        return BOTH_REFUSE
    return STATUSES[verdict["status"]]


def moment(text: str | None) -> str:
    """A UTC time without what every time of the page shares: the T, the zone, zero seconds."""
    if not text:
        return ""
    day, _, clock = text.removesuffix("+00:00").partition("T")
    return f"{day} {clock.removesuffix(':00')}".strip()


def number(value: Any) -> str:
    """Eight digits at most; what is no number stays as it is."""
    if value is None:
        return "none"
    return f"{value:.8g}" if isinstance(value, float) else str(value)


def counted(number: int, noun: str) -> str:
    """A number of things."""
    return f"{number} {noun}" + "s" * (number != 1)


def told_apart(first: Any, second: Any) -> tuple[str, str]:
    """Two values, with all their digits if eight do not show that they differ."""
    texts = number(first), number(second)
    return (repr(first), repr(second)) if texts[0] == texts[1] and first != second else texts


def tell(table: str, row: dict[str, Any] | None, *, other: dict[str, Any] | None = None) -> str:
    """One row of a ledger as a phrase; digits as needed to tell it from the other ledger's."""
    if row is None:
        return ""
    say = {name: told_apart(value, (other or row).get(name))[0] for name, value in row.items()}
    if table == "equity":
        return f"cash {say['cash']} equity {say['equity']}"
    if table == "fills":
        return f"{_signed(say)} @ {say['price']}" + _fee(row, say["commission"])
    if table == "orders":
        return f"{_signed(say)} @ {say['price']} {row['status']} {row['reason']}".rstrip()
    ways = f"{say['entry_price']} to {say['exit_price']}"
    return (
        f"{_signed(say)} {ways} until {moment(row['exit_time'])} pnl {say['pnl']} {row['status']}"
    )


def laid_out(table: str, row: dict[str, Any]) -> list[str]:
    """One pair of rows as five cells: time, symbol, reference, replay, and how they differ."""
    ours, theirs = row["reference"], row["replay"]
    known = ours or theirs
    return [
        moment(known.get("timestamp", known.get("entry_time"))),
        known.get("symbol", known.get("account")),
        tell(table, ours, other=theirs),
        tell(table, theirs, other=ours),
        "" if row["class"] == "equal" else row["class"],
    ]


def _signed(say: dict[str, str]) -> str:
    quantity = say["quantity"]
    return quantity if quantity.startswith("-") else f"+{quantity}"


def _fee(row: dict[str, Any], commission: str) -> str:
    return f" fee {commission}" if row["commission"] else ""


def by_topic(scenarios: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Scenarios under their topics, both in the order of the document."""
    topics: dict[str, list[dict[str, Any]]] = {}
    for scenario in scenarios:
        topics.setdefault(scenario["topic"], []).append(scenario)
    return topics


def counts_of(scenario: dict[str, Any]) -> list[str]:
    """Orders, fills and trades of the story; empty where no platform plays it."""
    for verdict in scenario["verdicts"].values():
        if verdict["counts"]:
            return [_count(verdict["counts"].get(name)) for name in COUNTED]
    return [""] * len(COUNTED)


def _count(rows: int | None) -> str:
    return NOT_ASKED.text if rows is None else str(rows)


def chosen(document: dict[str, Any], *statuses: str) -> list[tuple[dict[str, Any], str]]:
    """Scenario and platform id of every verdict with one of these statuses."""
    return [
        (scenario, platform)
        for scenario in document["scenarios"]
        for platform, verdict in scenario["verdicts"].items()
        if verdict["status"] in statuses
    ]
