"""One request is answered by one version of the moment."""

from typing import Any

import pytest
from django.db import connection

from classifier.models import ModelVersion
from classifier.routing import ActiveRouter
from classifier.services.predictions import TransactionRequest, decide
from tests.classifier.conftest import announce

pytestmark = pytest.mark.django_db


def test_every_unit_gets_the_active_version(active_version: ModelVersion) -> None:
    routes = ActiveRouter().routes(["ada", "grace", None])
    assert set(routes) == {"ada", "grace", None}
    assert {route.version.name for route in routes.values()} == {active_version.name}


def test_a_swap_in_the_middle_of_a_request_does_not_split_it(
    active_version: ModelVersion, second_version: ModelVersion, due: None
) -> None:
    """Each time that a process has looked for an activation, another version is activated."""
    turns = [second_version, active_version] * 20

    def swap_after_reading(execute: Any, sql: str, *rest: Any) -> Any:
        result = execute(sql, *rest)
        if 'FROM "classifier_activation"' in sql and sql.endswith("LIMIT 1"):
            announce(turns.pop())
        return result

    requests = [TransactionRequest("NETFLIX.COM", user_id=f"user {turn}") for turn in range(8)]
    with connection.execute_wrapper(swap_after_reading):
        decided = decide(requests)
    assert len({each.route.version.name for each in decided}) == 1
    assert len(turns) < 40
