"""The live check on a terminal: the sum, what was exercised, and each divergence in small."""

from io import StringIO

from rich.console import Console

from parity.fuzz.told import draw_live

BAR = {"timestamp": "2024-01-02T14:30:00+00:00", "symbol": "AAA", "close": 20.5}
ROW = {"timestamp": "2024-01-02T14:30:00+00:00", "symbol": "AAA", "entry": True}
FOUND = {
    "case": "live_7_000020",
    "headline": "price of a fill is 19.5 but 19",
    "bundle": "scenarios/found/f97e41e2d90d",
    "slice": {
        "bars": [BAR, {**BAR, "timestamp": "2024-01-02T14:31:00+00:00", "close": 18.4}],
        "script": [ROW],
        "defaults": {"stop_loss": 0.08},
        "account": {"cash": 100.0},
        "options": {"vectorbt": {"stop_entry_price": "fillprice"}},
    },
}
CHECKED = {
    "platform": "vectorbt@1.2.0+numba",
    "seed": 7,
    "rate": 12.34,
    "cases": 2000,
    "verdicts": {"agrees": 1988, "unsupported": 11, "diverges": 1},
    "outcomes": {"recorded": 1950, "refused: rejected": 30, "refused: short_infinite": 9},
    "fills": 19_300,
    "features": {"cost": 1314, "short": 1390},
    "pairs": 247,
    "differing": [{"case": "live_7_000020", "status": "diverges", "headline": "price of a fill"}],
    "found": [FOUND],
}


def text_of(document):
    console = Console(width=110, record=True, file=StringIO())
    for part in draw_live(document):
        console.print(part)
    return console.export_text()


def test_the_sum_counts_what_agrees_and_what_does_not():
    text = text_of({"platforms": [CHECKED]})
    row = next(line for line in text.splitlines() if "vectorbt@" in line)
    assert " ".join(row.split()) == "vectorbt@1.2.0+numba 7 2,000 1,999 1 39 0 19,300 12.3"
    assert "cost 1,314, short 1,390; 247 pairs of these met" in text


def test_a_divergence_is_shown_with_all_it_takes_to_play_it():
    text = text_of({"platforms": [CHECKED]})
    assert "DIVERGES live_7_000020  price of a fill" in text
    assert "smallest slice of live_7_000020: price of a fill is 19.5 but 19" in text
    assert "2024-01-02 14:31   AAA      18.4" in text
    assert "stop_loss 0.08, cash 100, stop_entry_price fillprice" in text
    assert "kept in scenarios/found/f97e41e2d90d" in text
