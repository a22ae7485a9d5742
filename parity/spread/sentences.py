"""The sentences that terminal and Markdown share."""

from __future__ import annotations

from typing import Any

from parity.report.words import counted, number
from parity.spread.words import bar_name, joined, money, percent

Document = dict[str, Any]


def title_lines(document: Document) -> list[str]:
    """The name with the title, and the rule that the story is about, where it has one."""
    story = document["scenario"]
    title = f"{story['name']}: {story['title']}" if story["title"] else story["name"]
    return [title, story["rule"]] if story["rule"] else [title]


def account_line(document: Document) -> str:
    """What is played, and with what money."""
    story = document["scenario"]
    account, symbols = story["account"], story["symbols"]
    many = ", ".join(symbols[:6]) + (", ..." if len(symbols) > 6 else "")
    what = counted(story["script_rows"], "order" if story["kind"] == "orders" else "signal")
    costs = [
        f"commission {percent(account['commission'])}" if account["commission"] else "",
        f"{number(account['fixed'])} per order" if account["fixed"] else "",
        f"slippage {percent(account['slippage'])}" if account["slippage"] else "",
    ]
    told = ", ".join(filter(None, costs)) or "no costs"
    bars = counted(story["bars"], "bar")
    return f"{what} on {bars} of {many}; cash {money(account['cash'])}, {told}"


def not_played(document: Document) -> list[tuple[str, str, bool]]:
    """Platforms, outcome with the reason, and whether that is a failure."""
    words = {"unsupported": "cannot express it", "refused": "refuses it", "failed": "FAILED"}
    return [
        (one["name"], f"{words[one['outcome']]}: {one['reason']}", one["outcome"] == "failed")
        for one in document["unplayed"]
    ]


def caveat_lines(document: Document) -> list[str]:
    """Who is shown though no recording stands behind it."""
    return [
        f"{one['name']} is {one['caveat']}: what it does is what public sources say of it."
        for one in document["platforms"]
        if one["caveat"]
    ]


def spread_lines(document: Document) -> list[str]:
    """The engine spread, and what must be known to read it."""
    spread, groups = document["spread"], document["groups"]
    if spread is None:
        return []
    if len(groups) == 1:
        many = len(groups[0]["platforms"])
        alone = "One platform plays it" if many == 1 else f"All {many} that play do the same"
        return [f"Engine spread: none. {alone}.", *cash_lines(document)]
    low, high = spread["low"], spread["high"]
    share = f", {percent(spread['share'])} of the {money(spread['starts'][0])} at the start"
    lines = [f"Engine spread: {money(spread['money'])}{share}"]
    if low["names"] == high["names"]:
        lines = [f"Engine spread: none at the end, where all have {money(high['end'])}"]
    else:
        ends = [f"{money(end['end'])} ({joined(end['names'])})" for end in (low, high)]
        lines.append(f"from {ends[0]} to {ends[1]}")
    if len(spread["starts"]) > 1:
        starts = joined([money(start) for start in spread["starts"]])
        lines.append(f"They do not start with the same money: {starts}.")
    if spread["unknown"]:
        lines.append(f"The last equity is no number for {joined(spread['unknown'])}.")
    alike = [group["members"] for group in groups if len(group["platforms"]) > 1]
    lines += [f"Alike from the first bar to the last: {names}." for names in alike]
    return lines + cash_lines(document)


def cash_lines(document: Document) -> list[str]:
    """Whose cash is counted otherwise, though it does the same."""
    return [
        f"Cash is counted otherwise by {joined(one['names'])}: {money(one['cash'][0])} after bar "
        f"{one['bar']}, against {money(one['cash'][1])} of {joined(one['than'])}; fills and "
        "equity are the same."
        for one in document["other_cash"]
    ]


def parting_head(document: Document) -> str:
    """Where they part."""
    parting = document["parting"]
    return f"They part on {bar_name(parting)}."


def bars_line(document: Document) -> list[str]:
    """The prices of that bar, one line for each symbol that somebody traded."""
    several = len(document["scenario"]["symbols"]) > 1
    names = ("open", "high", "low", "close", "volume")
    return [
        (f"{bar['symbol']}: " if several else "")
        + ", ".join(f"{name} {money(bar[name])}" for name in names)
        for bar in document["parting"]["bars"]
    ]


def later_head(rule: Document) -> str:
    """Where some part that had gone on together."""
    return f"On {bar_name(rule)} others part:"


def rule_line(rule: Document) -> str:
    """The rule as a sentence."""
    return f"{rule['rule']}."
