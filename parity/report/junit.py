"""The report as JUnit XML, the format CI services draw: a suite per platform, a case per story."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape, quoteattr

from parity.report.words import RED

# XML 1.0 has no way to write these, not even as entities.
FORBIDDEN = {code: "?" for code in range(32) if chr(code) not in "\t\n\r"}


def render(document: dict[str, Any]) -> str:
    """The whole report; it holds no times, so the same document gives the same bytes."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<testsuites name="truefill parity">']
    for platform in document["platforms"]:
        lines += _suite(document, platform["id"])
    return "\n".join([*lines, "</testsuites>", ""]).translate(FORBIDDEN)


def _suite(document: dict[str, Any], platform: str) -> list[str]:
    asked = [scenario for scenario in document["scenarios"] if platform in scenario["verdicts"]]
    status = [scenario["verdicts"][platform]["status"] for scenario in asked]
    failures = sum(name in ("diverges", "stale_known") for name in status)
    skipped = sum(name in ("unsupported", "known") for name in status)
    errors = sum(name in RED for name in status) - failures
    counts = {"tests": len(asked), "failures": failures, "errors": errors, "skipped": skipped}
    told = " ".join(f'{name}="{count}"' for name, count in counts.items())
    lines = [f" <testsuite name={quoteattr(platform)} {told}>"]
    for scenario in asked:
        lines += _case(scenario, scenario["verdicts"][platform])
    return [*lines, " </testsuite>"]


def _case(scenario: dict[str, Any], verdict: dict[str, Any]) -> list[str]:
    names = f"classname={quoteattr(scenario['topic'])} name={quoteattr(scenario['name'])}"
    status, text = verdict["status"], verdict["headline"] or verdict["reason"]
    if status == "agrees":
        return [f"  <testcase {names}/>"]
    if status in ("unsupported", "known"):
        inner = f"<skipped message={quoteattr(f'{status}: {text}')}/>"
    else:
        tag = "failure" if status in ("diverges", "stale_known") else "error"
        inner = (
            f'<{tag} type="{status}" message={quoteattr(text)}>{escape(verdict["reason"])}</{tag}>'
        )
    return [f"  <testcase {names}>", f"   {inner}", "  </testcase>"]
