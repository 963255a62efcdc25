"""What this process stands on: database, migrations, the queue's broker, the disk."""

from dataclasses import dataclass
from datetime import datetime

import psutil
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Min
from django_q.brokers import get_broker
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.signing import SignedPackage
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


@dataclass(frozen=True, slots=True)
class Waiting:
    """Tasks that no worker has taken, and how long the oldest of them has waited."""

    count: int
    oldest_seconds: float


def waiting_tasks(now: datetime) -> Waiting:
    """Raises a database error, RedisError or OSError where the queue is away, and BadSignature
    where another installation's task is in it."""
    if settings.REDIS_URL:
        broker = get_broker()
        oldest = broker.connection.lindex(broker.list_key, 0)
        queued_at = SignedPackage.loads(oldest)["started"] if oldest is not None else now
        return Waiting(broker.queue_size(), max(0.0, (now - queued_at).total_seconds()))
    # A task that a worker has is locked until it would be delivered again; one that waits, since
    # it was queued.
    waiting = OrmQ.objects.filter(key=Conf.CLUSTER_NAME, lock__lte=now)
    found = waiting.aggregate(count=Count("pk"), oldest=Min("lock"))
    queued_at = found["oldest"] or now
    return Waiting(found["count"], (now - queued_at).total_seconds())


def free_disk_share() -> float:
    """Of the data directory's disk, of what is not kept back for the superuser. Raises OSError."""
    usage = psutil.disk_usage(str(settings.DATA_DIR))
    return usage.free / (usage.used + usage.free)


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
