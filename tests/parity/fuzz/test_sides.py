"""Each answer is judged once, as it comes; a killed run goes on where it stopped."""

import pytest

from engine.errors import BarsError
from parity.fuzz import sides
from parity.fuzz.sides import alike, real_sides
from parity.outcome import Failed, Recorded, Refused, Unsupported
from tests.parity.fake_peer import FAKE, here, honest, install, story
from tests.parity.fuzz.miniature import play


@pytest.fixture
def real(tmp_path, monkeypatch):
    monkeypatch.setattr("parity.platforms.PEERS", tmp_path / "peers")
    monkeypatch.setattr(sides, "environment_of", lambda _platform, say: here())
    install(tmp_path / "peers", honest("assert request.name != 'b', 'b cannot be played'"))
    return real_sides(FAKE)


def heard(real, folder, *names):
    answers = []
    real.ask([story(name) for name in names], folder, lambda *said: answers.append(said))
    return [(scenario.name, type(answer)) for scenario, answer in answers]


def test_every_case_is_given_on_once_and_a_crash_comes_last(real, tmp_path):
    assert heard(real, tmp_path / "work", "a", "b", "c") == [
        ("a", Recorded),
        ("c", Recorded),
        ("b", Failed),
    ]


def test_a_second_run_plays_only_what_has_no_answer_yet(real, tmp_path):
    heard(real, tmp_path / "work", "a", "c")
    heard(real, tmp_path / "work", "a", "c", "d")
    plays = (tmp_path / "peers" / "fake" / "plays.txt").read_text().split()
    assert plays == ["a", "c", "d"]


def test_outcomes_are_alike_only_to_the_bit(real):
    one = play(story("a"))
    near = Recorded(
        {
            name: frame.with_columns(cash=frame["cash"] + 1e-9) if name == "equity" else frame
            for name, frame in one.tables.items()
        }
    )
    assert alike(one, play(story("a")))
    assert not alike(one, near)
    assert not alike(one, Recorded({"equity": one.tables["equity"]}))


def test_refusals_are_alike_by_reason_and_errors_never():
    assert alike(Refused("rejected", "no cash"), Refused("rejected", "said otherwise"))
    assert not alike(Refused("rejected", ""), Refused("stop_negative", ""))
    assert alike(Unsupported("no limit orders"), Unsupported("limits are unknown"))
    assert not alike(Failed("crash"), Failed("crash"))
    assert not alike(BarsError("row 3"), BarsError("row 3"))


def test_a_crash_is_not_shrunk_as_if_it_were_a_divergence(tmp_path):
    def crash(_scenario, _platform):
        return Failed("out of memory")

    def answer(scenarios, _folder, take):
        for scenario in scenarios:
            take(scenario, play(scenario))

    both = sides.Sides(FAKE, answer, {"only way": crash})
    assert both.diverging([story("a")], tmp_path) == [False]
