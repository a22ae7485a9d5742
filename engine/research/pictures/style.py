"""The look of every picture: colours that the colour-blind can tell apart, in light and dark.

A picture is drawn in the light colours. In its SVG each of them becomes a CSS variable, so a page
that sets the variables turns dark with its reader, and a lone SVG carries them along.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Tone(NamedTuple):
    """One role of a colour, on white and on black."""

    light: str
    dark: str


# Okabe and Ito's palette, lifted for black paper; a gain is blue and a loss vermilion, not red.
TONES: Final = {
    "paper": Tone("#fffffe", "#0d1117"),
    "ink": Tone("#1f2328", "#e6edf3"),
    "dim": Tone("#59636e", "#9aa4af"),
    "grid": Tone("#e6e9ed", "#262c35"),
    "frame": Tone("#c9d1d9", "#3d444d"),
    "first": Tone("#0072b2", "#4fb0e8"),
    "second": Tone("#8a929b", "#8b949e"),
    "third": Tone("#d55e00", "#f5893d"),
    "fourth": Tone("#009e73", "#2fc296"),
    "fifth": Tone("#cc79a7", "#e39bc3"),
    "sixth": Tone("#b8860b", "#e3b341"),
    "gain": Tone("#0071b1", "#50afe7"),
    "loss": Tone("#d45d01", "#f4883e"),
}
LINES: Final = ("first", "third", "fourth", "fifth", "sixth", "second")
DASHES: Final = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)))
FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
SMALL: Final = 11.0


def ink(role: str) -> str:
    """The colour to draw a role in."""
    return TONES[role].light


def variables(theme: str) -> str:
    """The CSS that gives every role its colour, ``light`` or ``dark``."""
    return "".join(f"--tf-{role}:{getattr(tone, theme)};" for role, tone in TONES.items())


def with_variables(svg: str) -> str:
    """The same drawing with each colour as a variable that falls back to it."""
    for role, tone in TONES.items():
        svg = svg.replace(tone.light, f"var(--tf-{role},{tone.light})")
    return svg


__all__ = ["DASHES", "FONT", "LINES", "SMALL", "TONES", "ink", "variables"]
