"""How the database reads much at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def long_reads() -> Iterator[None]:
    """Statements that read a million rows; nothing is written within.

    PostgreSQL would compile them, which takes longer than to run them, and sort on disk. SQLite
    gets no transaction: one of its kind here keeps all others from writing.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL jit = off")
            cursor.execute("SET LOCAL work_mem = '64MB'")
        yield
