"""What one web process is told of a person, every process knows."""

from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any

import pytest

from tests.processes import Site
from tests.web_processes import connections_to_each_process, post

BEFORE, AFTER = "QWOP HARBOUR SHOP 0423 LEEDS", "QWOP HARBOUR SHOP 9911 LEEDS"


def classify(
    connection: HTTPConnection, key: str, text: str, user_id: str = "ana"
) -> dict[str, Any]:
    body = {"transactions": [{"description": text, "user_id": user_id}]}
    (result,) = post(connection, key, "classify", body)["results"]
    found: dict[str, Any] = result
    return found


@pytest.mark.browser
def test_a_correction_answers_its_user_in_every_process_at_once_and_nobody_else(
    site: Site, manage: Callable[..., str]
) -> None:
    key = manage("create_api_key", "personal").strip()
    with connections_to_each_process(site) as processes:
        first, *others = processes.values()
        # Each has answered the user before, so that what it may keep in memory is there.
        answers = [classify(each, key, BEFORE) for each in (first, *others)]
        assert {answer["annotator"] for answer in answers} == {"model"}
        said = {"prediction_id": answers[0]["prediction_id"], "category": "pets"}
        post(first, key, "feedback", {"feedback": [{**said, "user_id": "ana"}]})
        for each in (first, *others):
            answer = classify(each, key, AFTER)
            assert answer["annotator"] == "personal"
            assert answer["category"]["slug"] == "pets"
            assert classify(each, key, AFTER, user_id="bo")["annotator"] == "model"
