"""A small scenario file for tests, and the text of one to break."""

from pathlib import Path

STORY = """
title = "A story"
rule = "A rule."
platforms.vectorbt = ["numba"]

[bars]
start = 2024-01-02
step = "1d"
rows.A = [10, [11, 12, 10, 11.5], []]
rows.B = [[20, 21, 19, 20, 5000], nan, 22]

[script]
size = 2
signals = [
  { bar = 0, entry = true },
  { bar = [1, 2], symbol = "B", exit = true, stop_loss = 0.1, vectorbt = { fees = 0.01 } },
]
"""


def write(folder: Path, text: str = STORY, name: str = "story") -> Path:
    path = folder / "topic" / f"{name}.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
