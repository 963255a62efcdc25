"""Analysts and workers at the same moment, on a real database: nobody gets what another has."""

from typing import Any

import pytest

from tests.races import race

QUEUE = """
from classifier.services import review_collection
from classifier.services.review import claim, submit, undo

TEXTS, EACH = 30, 5
begin = int((timezone.now() - timedelta(hours=1)).timestamp() * 1000)
words = ["".join("abcdefghij"[int(digit)] for digit in f"{number:02}") for number in range(TEXTS)]
texts = [f"qwop shop {word}" for word in words]
Prediction.objects.bulk_create(
    Prediction(
        id=UUID(int=(begin + number) << 80), version=version, description=texts[number % TEXTS],
        canonical_text=texts[number % TEXTS], level="abstain", is_cached=False, latency_ms=1.0,
    )
    for number in range(TEXTS * EACH)
)

review_collection.BATCH = 7
at_once(lambda number: review_collection.fill_queue())
while review_collection.fill_queue():
    pass
result["counts"] = list(ReviewItem.objects.values_list("live_count", flat=True))

result["claimed"] = at_once(lambda number: [item.pk for item in claim(people[number], size=7)])

item = ReviewItem.objects.get(pk=result["claimed"][0][0])
ReviewItem.objects.filter(pk=item.pk).update(claimed_by=None, claimed_until=None)

result["told"] = at_once(lambda number: told(submit, item.pk, slugs[number], people[number]))
result["examples"] = Example.objects.count()
result["events"] = ReviewEvent.objects.count()
winner = people[result["told"].index("")]
result["undone"] = at_once(lambda number: told(undo, winner))
result["left"] = [Example.objects.count(), ReviewItem.objects.get(pk=item.pk).state]
"""


@pytest.fixture(scope="module")
def raced(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What four threads made of the same queue."""
    return race(tmp_path_factory.mktemp("reviews"), QUEUE)


def test_every_prediction_is_counted_once_however_many_workers_fill(raced: dict[str, Any]) -> None:
    assert raced["counts"] == [5] * 30


def test_two_analysts_never_get_the_same_item(raced: dict[str, Any]) -> None:
    claimed = [key for keys in raced["claimed"] for key in keys]
    assert [len(keys) for keys in raced["claimed"]] == [7] * 4
    assert len(set(claimed)) == len(claimed)


def test_of_those_who_answer_at_once_one_does_and_the_others_are_told(
    raced: dict[str, Any],
) -> None:
    assert raced["told"].count("") == 1
    assert all("submitted already as" in told for told in raced["told"] if told)
    assert (raced["examples"], raced["events"]) == (1, 1)


def test_one_act_is_undone_once(raced: dict[str, Any]) -> None:
    assert raced["undone"].count("") == 1
    assert raced["left"] == [0, "pending"]
