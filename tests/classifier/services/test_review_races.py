"""Analysts and workers at the same moment, on a real database: nobody gets what another has."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.processes import manage, own_environment

# Each thread has a connection of its own.
RACE = """
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID
from django import db
from django.contrib.auth.models import User
from django.utils import timezone
from classifier.exceptions import ConflictError
from classifier.models import *
from classifier.services import review_collection
from classifier.services.review import claim, submit, undo

THREADS, TEXTS, EACH = 4, 30, 5
parent = Category.objects.create(slug="all", name="All")
for number in range(THREADS):
    Category.objects.create(slug=f"c{number}", name=f"c{number}", parent=parent)
encoder = Encoder.objects.create(
    name="e", precision="fp32", digest="0" * 64, manifest_digest="0" * 64, size_bytes=1,
    dimension=2, max_tokens=128, batch_invariant=True,
)
version = ModelVersion.objects.create(
    name="v1", encoder=encoder, normalizer_version=1, manifest_digest="0" * 64, accuracy=1,
    macro_f1=1, calibration_error=0, example_count=1, category_count=1, calibration={}, bounds={},
    figures={}, input_read_at=timezone.now(),
)
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
people = [User.objects.create_user(f"p{number}") for number in range(THREADS)]

def at_once(act):
    start = Barrier(THREADS)

    def run(number):
        try:
            start.wait(30)
            return act(number)
        finally:
            db.connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))

review_collection.BATCH = 7
at_once(lambda number: review_collection.fill_queue())
while review_collection.fill_queue():
    pass
result = {"counts": list(ReviewItem.objects.values_list("live_count", flat=True))}

result["claimed"] = at_once(lambda number: [item.pk for item in claim(people[number], size=7)])

item = ReviewItem.objects.get(pk=result["claimed"][0][0])
ReviewItem.objects.filter(pk=item.pk).update(claimed_by=None, claimed_until=None)

def answer(number):
    try:
        submit(item.pk, f"c{number}", people[number])
    except ConflictError as error:
        return str(error)
    return ""

result["told"] = at_once(answer)
result["examples"] = Example.objects.count()
result["events"] = ReviewEvent.objects.count()
winner = people[result["told"].index("")]

def take_back(number):
    try:
        undo(winner)
    except ConflictError as error:
        return str(error)
    return ""

result["undone"] = at_once(take_back)
result["left"] = [Example.objects.count(), ReviewItem.objects.get(pk=item.pk).state]
print("RESULT", json.dumps(result))
"""


@pytest.fixture(scope="module")
def raced(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What four threads made of the same queue."""
    data: Path = tmp_path_factory.mktemp("reviews")
    with own_environment(data) as environment:
        manage(environment, "migrate", "--verbosity=0")
        printed = manage(environment, "shell", "-c", RACE)
    (line,) = [line for line in printed.splitlines() if line.startswith("RESULT ")]
    result: dict[str, Any] = json.loads(line.removeprefix("RESULT "))
    return result


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
