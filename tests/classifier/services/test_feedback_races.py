"""People who speak and judge at the same moment, on a real database: nothing fails or is lost."""

from typing import Any

import pytest

from tests.races import race

FEEDBACK = """
from classifier.services.feedback import FeedbackItem, record_feedback
from classifier.services.feedback_inbox import accept_agreed, settle
from classifier.services.policy import learning_policy

text = "qwop harbour shop"
predictions = [
    Prediction.objects.create(
        version=version, description=text, canonical_text=text, is_cached=False, latency_ms=1.0
    )
    for _ in range(8)
]

def speak(number):
    # In both directions, so that two calls want the same rows in another order.
    ordered = predictions if number % 2 else predictions[::-1]
    for turn in range(5):
        record_feedback([
            FeedbackItem(prediction_id=each.id, category=slugs[(number + turn) % 3], user_id="u")
            for each in ordered
        ])

at_once(speak)
counting = Feedback.objects.exclude(status="replaced")
result |= {
    "rows": Feedback.objects.count(),
    "counting": sorted(map(str, counting.values_list("prediction", flat=True))),
    "predictions": sorted(str(each.id) for each in predictions),
    "events": FeedbackEvent.objects.count(),
    "memory": PersonalCategory.objects.count(),
}
Feedback.objects.all().delete()
for user in ("u-1", "u-2"):
    record_feedback([FeedbackItem(prediction_id=predictions[0].id, category="c0", user_id=user)])
newest = Feedback.objects.latest("id").pk

def judge(number):
    return told(settle, newest, "rule" if number % 2 else "example", people[number])

result["judged"] = at_once(judge)
result["settled"] = sorted(Feedback.objects.values_list("status", flat=True))
result["made"] = Example.objects.count() + Rule.objects.count()
Feedback.objects.all().delete()
Example.objects.all().delete()
Rule.objects.all().delete()
for user in ("u-1", "u-2"):
    record_feedback([FeedbackItem(prediction_id=predictions[0].id, category="c0", user_id=user)])
learning_policy()
LearningPolicy.objects.update(auto_accept_users=2)
result["accepted"] = sum(at_once(lambda number: accept_agreed()))
result["auto_events"] = FeedbackEvent.objects.filter(to_status="example").count()
"""


@pytest.fixture(scope="module")
def raced(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What four threads made of the same feedback."""
    return race(tmp_path_factory.mktemp("races"), FEEDBACK)


def test_of_one_person_one_saying_counts_whoever_was_faster(raced: dict[str, Any]) -> None:
    assert raced["counting"] == raced["predictions"]
    # All are kept, and each that was replaced says when.
    assert raced["events"] == raced["rows"] - len(raced["predictions"])
    assert raced["rows"] > len(raced["predictions"])
    assert raced["memory"] == 1


def test_of_those_who_judge_one_group_one_does_and_the_others_are_told(
    raced: dict[str, Any],
) -> None:
    assert raced["judged"].count("") == 1
    assert all("decided already" in told for told in raced["judged"] if told)
    assert raced["made"] == 1
    assert len(set(raced["settled"])) == 1


def test_the_policy_accepts_a_group_once_however_many_workers_look(raced: dict[str, Any]) -> None:
    assert raced["accepted"] == 1
    assert raced["auto_events"] == 2
