"""Processes, threads and encoder are chosen from what was measured."""

from pathlib import Path

import pytest

from classifier.exceptions import EncoderError
from classifier.export.autotune import Candidate, Trial, autotune, choose, splits_of


def trial(name: str, rate: float, p95_ms: float, refusal: str | None = None) -> Trial:
    return Trial(name, 2, 1, rate, p95_ms, None, refusal)


@pytest.mark.parametrize("cpus", [1, 2, 3, 6, 8])
def test_processes_times_threads_never_exceed_the_cpus(cpus: int) -> None:
    splits = splits_of(cpus)
    assert all(processes * threads <= cpus for processes, threads in splits)
    assert {(1, 1), (cpus, 1), (1, cpus)} <= set(splits)
    assert len(set(splits)) == len(splits)


def test_the_one_that_does_most_is_chosen() -> None:
    best, reason = choose([trial("a", 400, 5), trial("b", 500, 9)])
    assert best.name == "b"
    assert "the most texts/s" in reason


def test_of_those_within_the_noise_the_one_that_answers_soonest() -> None:
    best, reason = choose([trial("a", 490, 5), trial("b", 500, 9), trial("c", 400, 1)])
    assert best.name == "a"
    assert "within 5%" in reason


def test_what_may_not_be_chosen_is_not_however_quick() -> None:
    best, _ = choose([trial("a", 400, 5), trial("b", 900, 1, "changes too much")])
    assert best.name == "a"


def test_where_none_may_be_chosen_it_says_why() -> None:
    candidates = [Candidate("a", Path("nowhere"), "changes too much")]
    with pytest.raises(EncoderError, match="a: changes too much"):
        autotune(candidates, ["a text"], cpus=1)


def test_a_short_run_on_the_real_encoder(exported_encoder: Path) -> None:
    found = autotune(
        [Candidate("fp32", exported_encoder)], ["blue bottle oakland"], cpus=2, seconds=0.1
    )
    assert [(each.processes, each.threads) for each in found.trials] == splits_of(2)
    assert found.choice in found.trials
    assert all(each.texts_per_second > 0 and each.p95_ms > 0 for each in found.trials)
