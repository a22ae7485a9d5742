"""The same sentences for terminal and page."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from parity.replicate.criteria import CRITERIA, WORDS

Document = dict[str, Any]
STATUS: Final = {
    "replicated": "replicated",
    "incomplete": "incomplete (files are missing)",
    "failed": "failed",
}
HEADS: Final = ("", "batches", "strategies", *(WORDS[name] for name in CRITERIA))


def percent(share: float | None) -> str:
    """A share as people read it; 100 % only if it is all."""
    if share is None:
        return "-"
    return "100 %" if share == 1.0 else f"{min(share, 0.9999) * 100:.2f} %"


def rows_of(document: Document) -> list[list[str]]:
    """One line per asset and direction, and one for the tree."""
    told = [*document["directions"].items(), ("all", document)]
    return [
        [
            name,
            str(sum(sums["batches_by_status"].values())),
            f"{sums['strategies']:,}",
            *(percent(sums["shares"][criterion]) for criterion in CRITERIA),
        ]
        for name, sums in told
    ]


def sentences(document: Document) -> list[str]:
    """What the table does not say."""
    trades, metrics, daily = document["trades"], document["metrics"], document["daily"]
    told = [
        goal(document),
        f"{trades['equal']:,} of {trades['theirs']:,} stored trades are equal to the bit; "
        f"the model made {trades['ours']:,}.",
    ]
    for name, sums in (("metrics", metrics), ("daily returns", daily)):
        if sums["compared"]:
            told.append(
                f"{sums['near']:,} of {sums['compared']:,} {name} agree, {sums['exact']:,} of "
                "them to the bit."
            )
    if document["unsupported"]:
        told.append(
            f"{document['unsupported']:,} strategies cannot be expressed by the model "
            f"{document['model']}; strategies.parquet of their batch says why."
        )
    if document["unproven"]:
        told.append(f"The model {document['model']} is {document['unproven']}.")
    return told + absences(document)


def goal(document: Document) -> str:
    """Which criteria are met by the share of strategies that is asked for."""
    asked, shares = document["asked"], document["shares"]
    low = [WORDS[name] for name in CRITERIA if shares[name] is None or shares[name] < asked]
    told = f"Asked are {asked:.0%} of the strategies in each criterion".replace("%", " %")
    return f"{told}: reached in all." if not low else f"{told}: missed in {', '.join(low)}."


def absences(document: Document) -> list[str]:
    """Missing files, folders that are no batch, and how many batches could not be used."""
    told = [
        f"{name} is missing in {count:,} {'batch' if count == 1 else 'batches'}."
        for name, count in document["missing"].items()
    ]
    if document["strange"]:
        told.append(f"Not read, because they are no batch: {', '.join(document['strange'])}.")
    told += [
        f"{count:,} {'batch' if count == 1 else 'batches'} {STATUS[status]}."
        for status, count in document["batches_by_status"].items()
        if status != "replicated"
    ]
    return told


def failures(document: Document) -> list[tuple[str, str]]:
    """Batches that could not be used, and why."""
    return [
        (entry["batch"], f"{entry['error']['kind']}: {entry['error']['message']}")
        for entry in document["batches"]
        if entry["status"] == "failed"
    ]


def causes(document: Document) -> list[tuple[str, int]]:
    """Sets of rule changes that explain strategies, and how many; then those left unexplained."""
    told = [cause for entry in document["batches"] for cause in entry.get("causes", [])]
    sets = Counter("; ".join(cause["rules"]) for cause in told if cause["explained"])
    rest = sum(not cause["explained"] for cause in told)
    return [*sets.most_common(), *([("not explained", rest)] if rest else [])]


def verdict(document: Document) -> str:
    """The sum in one line."""
    code, exact = document["exit_code"], document["criteria"]["exact"]
    count = f"{exact:,} of {document['judged']:,} strategies replicate exactly"
    ends = {
        0: "everything stored agrees",
        1: "not everything agrees",
        2: "some batches could not be used",
        3: "some batches could not be run",
    }
    return f"{count}; {ends[code]}"
