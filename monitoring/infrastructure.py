"""What this process stands on: the database, its migrations, and the queue's broker."""

from django.db import DEFAULT_DB_ALIAS, Error, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django_q.brokers import get_broker
from redis import RedisError


def database_problem() -> str | None:
    """Why the database does not answer; None where it does."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        return f"does not answer: {type(error).__name__}"
    return None


def broker_problem() -> str | None:
    """Why the queue cannot be reached; None where it can."""
    try:
        get_broker().queue_size()
    except (Error, RedisError, OSError) as error:
        return f"does not answer: {type(error).__name__}"
    return None


_is_migrated = False


def missing_migrations() -> tuple[str, ...]:
    """Those of this program that the database has not, as `app.name`.

    Looked for until there is none: it takes a tenth of a second, and what is applied stays so
    while this program runs.
    """
    global _is_migrated
    if _is_migrated:
        return ()
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    _is_migrated = not plan
    return tuple(f"{migration.app_label}.{migration.name}" for migration, _ in plan)
