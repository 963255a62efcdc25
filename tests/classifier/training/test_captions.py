"""What is said of a wanted precision, and of two versions, in words."""

import numpy as np

from classifier.training.captions import paired_words, reach_words
from classifier.training.paired import CannotSay, compare_right
from classifier.training.risk_coverage import RiskCoverage


def curve(right: int, wrong: int) -> RiskCoverage:
    """Texts that are as sure as 0.9, of which some are right, and a hundred unsure ones."""
    values = np.repeat([0.9, 0.2], [right + wrong, 100])
    return RiskCoverage.of(values, np.arange(len(values)) < right)


def test_a_precision_that_is_kept_is_said_with_its_cost() -> None:
    said = reach_words(curve(400, 0).reach(0.98, 0.35), 0.35)
    assert said == (
        "98% is kept by answering at confidence 0.350 and above: 400 texts, 80.0% of all, are "
        "answered, and 100.0% of these are right (95% interval 99.0 to 100.0%)."
    )


def test_a_precision_out_of_reach_is_said_to_be() -> None:
    said = reach_words(curve(350, 50).reach(0.975, 0.35), 0.35)
    assert said.startswith("97.5% is out of reach on these examples")
    assert "Nearest to it comes answering at confidence 0.350 and above: 400 texts" in said
    assert "luck" not in said


def test_what_may_be_luck_is_said_to_be() -> None:
    values = np.repeat([0.9, 0.8], [40, 400])
    is_right = np.arange(440) % 20 != 7
    is_right[:40] = True
    said = reach_words(RiskCoverage.of(values, is_right).reach(0.99, 0.35), 0.35)
    assert "Nearest to it comes answering at confidence 0.350" in said
    assert "reached at confidence 0.900 and above: 40 texts" in said
    assert said.endswith("that may be luck.")


def test_of_too_few_sure_texts_nothing_is_said() -> None:
    said = reach_words(curve(20, 0).reach(0.9, 0.35), 0.35)
    assert said == (
        "Cannot say whether 90% can be kept: fewer than 30 examples have a confidence of 0.35 or "
        "more."
    )


def test_a_difference_that_may_be_chance_is_not_called_better() -> None:
    one = dict.fromkeys(range(100), True)
    other = one | dict.fromkeys(range(3), False)
    assert paired_words("v2", "v1", compare_right(one, other)).endswith(
        "Only v2 has 3 right, only v1 0. McNemar's mid-p is 0.125: a difference like this may be "
        "chance."
    )


def test_which_of_two_is_better_is_named() -> None:
    one = dict.fromkeys(range(100), True)
    other = one | dict.fromkeys(range(20), False)
    assert "difference of +20.0 points" in paired_words("v2", "v1", compare_right(one, other))
    said = paired_words("v1", "v2", compare_right(other, one))
    assert "difference of -20.0 points" in said
    assert said.endswith("under 0.001: v2 is better by more than chance.")


def test_a_difference_that_rounds_to_nothing_has_no_minus() -> None:
    one = dict.fromkeys(range(3000), True)
    other = one | {0: False}
    assert "difference of +0.0 points" in paired_words("v1", "v2", compare_right(other, one))


def test_why_nothing_can_be_said_is_said() -> None:
    assert paired_words("v1", "v2", CannotSay("No text.")) == "Cannot say. No text."
