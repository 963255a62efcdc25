"""The test's database as other threads see it, and as it is while it is away."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import pytest
from django.db import InterfaceError, connection, connections


@contextmanager
def database_away() -> Iterator[None]:
    """Every statement fails, with an error that is no DatabaseError."""

    def fail(*_: Any) -> NoReturn:
        raise InterfaceError("connection already closed")

    with connection.execute_wrapper(fail):
        yield


def plan_of(statement: str, params: Any = None) -> str:
    """How the database would run a statement, a line a step."""
    with connection.cursor() as cursor:
        cursor.execute(f"{connection.ops.explain_query_prefix()} {statement}", params)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


@contextmanager
def connection_for_all_threads() -> Iterator[None]:
    """Threads started inside see what the test's transaction holds."""
    own = connections["default"]
    own.inc_thread_sharing()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connections, "create_connection", lambda alias: own)
        # A transaction looks to Django like a connection that its user forgot to tidy.
        patch.setattr(own, "close_if_unusable_or_obsolete", lambda: None)
        try:
            yield
        finally:
            own.dec_thread_sharing()
