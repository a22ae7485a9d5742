"""Captures of a platform whose rules are known lead back to those rules, and to nothing else."""

import json
import random
import shutil

import numpy as np
import polars as pl
import pytest
from fake_pro import DEFAULTS, RULES, orders_under, put, record
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from engine.execution.vectorbt_pro.options import OPEN_RULES
from parity.captures import import_captures, stored_captures
from parity.captures.model import POSSIBLE, played
from parity.captures.run import keep
from parity.peers.vectorbt_pro.captures import CAPTURES, FIELDS, digest_of

SETTINGS = st.fixed_dictionaries({rule: st.sampled_from(POSSIBLE[rule]) for rule in RULES})
NOTHING = {name: [] for name in FIELDS}


def readings(findings):
    return {one.rule: one.values for one in findings.readings}


def words(findings, *, but="explained"):
    return {one.name: one.word for one in findings.answers if one.word != but}


@settings(max_examples=25)
@given(rules=SETTINGS)
def test_the_rules_a_platform_keeps_are_among_those_it_is_said_to_support(tmp_path_factory, rules):
    findings = import_captures(record(tmp_path_factory.mktemp("pro"), **rules))
    assert findings.sound
    for rule, values in readings(findings).items():
        assert rules[rule] in values, rule


# What no story can tell: where the close stands for every price of a bar, or a rule never applies.
MASKED = {
    "entry_bar_stops": ("none", "close"),  # a close is never beyond a stop measured from it
}


def test_captures_of_the_defaults_close_every_question_that_can_be_closed(tmp_path):
    findings = import_captures(record(tmp_path / "pro"))
    assert readings(findings) == {rule: MASKED.get(rule, (DEFAULTS[rule],)) for rule in RULES}
    assert findings.options == {}


@pytest.mark.parametrize(
    ("rule", "value"),
    [(rule, value) for rule in RULES for value in POSSIBLE[rule] if value != DEFAULTS[rule]],
)
def test_a_platform_that_keeps_one_rule_otherwise_is_found_out(tmp_path, rule, value):
    # Stops measured from the entry price, so that the entry bar has something to say.
    others = {"stop_entry_price": "price"} if rule == "entry_bar_stops" else {}
    findings = import_captures(record(tmp_path / "pro", **{**others, rule: value}))
    assert readings(findings)[rule] == (value,)
    named = {} if rule == "entry_price" else {rule: value}
    assert findings.options == {**others, **named}


def test_every_open_rule_is_asked_about():
    asked = {rule for capture in CAPTURES.values() for rule in capture["asks"]}
    assert set(OPEN_RULES) | {"stop_entry_price"} <= asked == set(RULES)
    assert 30 <= len(CAPTURES) <= 45


def test_a_capture_depends_on_the_rules_it_asks_about_and_on_no_other():
    draw = random.Random(1)
    for name, capture in CAPTURES.items():
        asks = capture["asks"]
        for _ in range(20):
            own = {rule: draw.choice(POSSIBLE[rule]) for rule in asks}
            several = [
                tuple(own.get(rule, draw.choice(POSSIBLE[rule])) for rule in RULES)
                for _ in range(30)
            ]
            fills = played(capture, RULES, several)
            first = fills[fills["column"] == 0]
            for column in range(1, len(several)):
                other = fills[fills["column"] == column]
                for field in ("bar", "quantity", "price", "commission"):
                    assert np.array_equal(first[field], other[field]), (name, own)


def test_a_story_that_the_platform_refuses_leaves_its_question_open(tmp_path):
    folder = record(tmp_path / "pro")
    for name, capture in CAPTURES.items():
        if "tsl_stop" in capture["args"]:
            put(folder, name, NOTHING, refusal="TypeError: no tsl_stop")
    findings = import_captures(folder)
    assert set(words(findings).values()) == {"refused"}
    assert readings(findings)["trail_check"] == POSSIBLE["trail_check"]
    assert readings(findings)["stop_fill"] == ("level",)


def test_orders_that_no_reading_gives_are_said_beside_ours(tmp_path):
    folder = record(tmp_path / "pro")
    odd = {"bar": [0, 1], "quantity": [1.0, -1.0], "price": [10.0, 7.77], "fees": [0.0, 0.0]}
    put(folder, "stop_at_its_level", odd)
    (answer,) = (one for one in import_captures(folder).answers if one.word == "unexplained")
    assert answer.name == "stop_at_its_level"
    assert answer.text == (
        "it filled bar 0: +1 at 10, bar 1: -1 at 7.77; the model bar 0: +1 at 10, bar 1: -1 at 9"
    )


def test_two_captures_that_exclude_each_other(tmp_path):
    folder = record(tmp_path / "pro")
    put(folder, "stop_of_a_short", orders_under("stop_of_a_short", stop_fill="close"))
    assert words(import_captures(folder)) == {"stop_of_a_short": "contradicts"}


def test_numbers_count_to_nine_digits(tmp_path):
    folder = record(tmp_path / "pro")
    orders = orders_under("all_cash_with_costs")
    orders["quantity"] = [size * (1 + 1e-12) for size in orders["quantity"]]
    put(folder, "all_cash_with_costs", orders)
    assert import_captures(folder).sound
    orders["quantity"] = [size * (1 + 1e-6) for size in orders["quantity"]]
    put(folder, "all_cash_with_costs", orders)
    assert words(import_captures(folder)) == {"all_cash_with_costs": "unexplained"}


class TestWhatCannotBeUsed:
    def test_no_folder_and_an_empty_one(self, tmp_path):
        with pytest.raises(InputError, match="no folder"):
            import_captures(tmp_path / "nowhere")
        with pytest.raises(InputError, match="no captures"):
            import_captures(tmp_path)

    def test_two_versions_in_one_folder(self, tmp_path):
        folder = record(tmp_path / "pro", ["tiny_size"], version="1")
        record(folder, ["all_in_short"], version="2")
        with pytest.raises(InputError, match="fakepro 1 and fakepro 2; keep one"):
            import_captures(folder)

    def test_captures_that_are_missing(self, tmp_path):
        findings = import_captures(record(tmp_path / "pro", ["stop_at_its_level"]))
        assert list(words(findings).values()) == ["missing"] * (len(CAPTURES) - 1)
        assert readings(findings)["stop_fill"] == ("level",)

    @pytest.mark.parametrize(
        ("damage", "message"),
        [
            (lambda folder: (folder / "capture.json").write_text("{"), "cannot be read"),
            (lambda folder: (folder / "capture.json").write_text("[]"), "no object"),
            (lambda folder: edit(folder, format=2), "format 2; this reads 1"),
            (lambda folder: edit(folder, name="another"), "no story 'another'"),
            (lambda folder: edit(folder, digest="0"), "another story"),
            (lambda folder: edit(folder, bars=[[1, 1, 1, 1]]), "another story"),
            (lambda folder: edit(folder, version=None), "are texts"),
            (lambda folder: edit(folder, refusal="no"), "yet has orders"),
            (lambda folder: (folder / "orders.parquet").unlink(), "cannot be read"),
            (lambda folder: (folder / "orders.parquet").write_bytes(b"PAR1"), "cannot be read"),
            (lambda folder: reorder(folder, pl.col("bar") + 90), "a bar the story does not have"),
            (lambda folder: reorder(folder, bar=pl.lit("0")), "in numbers"),
            (lambda folder: reorder(folder, price=pl.lit(None, pl.Float64)), "a cell is empty"),
            (lambda folder: reorder(folder, more=pl.lit(1)), "its columns are"),
        ],
    )
    def test_one_that_is_damaged_does_not_spoil_the_others(self, tmp_path, damage, message):
        folder = record(tmp_path / "pro")
        damage(folder / "stop_at_its_level")
        findings = import_captures(folder)
        (answer,) = (one for one in findings.answers if one.word == "broken")
        assert answer.name == "stop_at_its_level"
        assert message in answer.text
        assert "stop_at_its_level" in answer.text
        assert len(words(findings)) == 1

    def test_a_folder_of_another_story(self, tmp_path):
        folder = record(tmp_path / "pro")
        shutil.copytree(folder / "tiny_size", folder / "huge_size")
        answers = {one.name: one for one in import_captures(folder).answers}
        assert answers["huge_size"].word == "broken"


def edit(folder, **told):
    head = json.loads((folder / "capture.json").read_text())
    (folder / "capture.json").write_text(json.dumps({**head, **told}))


def reorder(folder, *changed, **told):
    orders = pl.read_parquet(folder / "orders.parquet").with_columns(*changed, **told)
    orders.write_parquet(folder / "orders.parquet")


class TestTheStore:
    def test_what_is_stored_says_the_same_later(self, tmp_path):
        folder, store = record(tmp_path / "pro", stop_first="trailing"), tmp_path / "store"
        findings = import_captures(folder, store)
        shutil.rmtree(folder)
        assert stored_captures(store) == findings
        index = json.loads((store / "captures.json").read_text())
        assert index["options"] == {"stop_first": "trailing"}
        assert len(index["files"]) == 2 * len(CAPTURES)

    def test_a_file_that_was_changed_is_found(self, tmp_path):
        store = tmp_path / "store"
        import_captures(record(tmp_path / "pro"), store)
        reorder(store / "tiny_size", price=pl.lit(1.0))
        with pytest.raises(InputError, match=r"tiny_size.orders\.parquet: its bytes"):
            stored_captures(store)
        (store / "captures.json").unlink()
        with pytest.raises(InputError, match="cannot be read"):
            stored_captures(store)

    def test_nothing_half_written_stays(self, tmp_path, monkeypatch):
        store = tmp_path / "store"
        folder = record(tmp_path / "pro")
        import_captures(folder, store)
        before = sorted(store.rglob("*"))

        def full(*_args):
            raise OSError("no space left on device")

        monkeypatch.setattr(f"{keep.__module__}.shutil.copyfile", full)
        with pytest.raises(OSError, match="no space"):
            import_captures(folder, store)
        assert sorted(store.rglob("*")) == before
        assert [path.name for path in tmp_path.iterdir()] == ["pro", "store"]


def test_a_digest_covers_bars_signals_and_arguments():
    one = CAPTURES["stop_at_its_level"]
    digests = {
        digest_of(one),
        digest_of({**one, "bars": one["bars"][:1]}),
        digest_of({**one, "signals": {}}),
        digest_of({**one, "args": {}}),
    }
    assert len(digests) == 4
    assert digest_of({**one, "asks": []}) == digest_of(one)
