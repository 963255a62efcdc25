"""The only reader of the other apps' tables."""

from django.db import DatabaseError, connection


def database_problem() -> str | None:
    """Why the database does not answer; None where it does."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return f"does not answer: {type(error).__name__}"
    return None
