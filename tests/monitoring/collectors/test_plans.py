"""What is asked of each minute is read from an index, however many rows there are."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from monitoring.collectors import Seen, accuracy_seen, jobs_seen
from tests.database import plan_of

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seen", "table", "index"),
    [
        (accuracy_seen, "classifier_reviewevent", "review_event_by_time"),
        (jobs_seen, "classifier_job", "job_failed_by_end"),
    ],
)
def test_a_minute_is_read_from_an_index(
    seen: Callable[[datetime, datetime], list[Seen]], table: str, index: str
) -> None:
    statements: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if f'FROM "{table}"' in sql:
            statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        seen(NOON, NOON + timedelta(minutes=1))
    assert len(statements) == 1
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # It reads a small table whole.
            cursor.execute("SET LOCAL enable_seqscan = off")
    assert index in plan_of(*statements[0])
