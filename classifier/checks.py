"""What must hold where this is deployed, found at boot."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import InvalidStorageError, storages
from django.utils.module_loading import import_string

from classifier.jobs.kinds import KINDS


@register()
def check_threads(**kwargs: Any) -> list[CheckMessage]:
    """txcat.W001: more engine threads than CPUs make every request slower."""
    wanted = settings.WEB_PROCESSES * settings.ENGINE_THREADS
    if wanted <= settings.CPUS:
        return []
    return [
        Warning(
            f"{settings.WEB_PROCESSES} web processes × {settings.ENGINE_THREADS} engine threads "
            f"on {settings.CPUS} CPUs.",
            hint="Lower TXCAT_WEB_PROCESSES or TXCAT_ENGINE_THREADS.",
            id="txcat.W001",
        )
    ]


@register()
def check_queue(**kwargs: Any) -> list[CheckMessage]:
    """txcat.E001: retry > timeout > longest job, or a running task is delivered again or ended."""
    queue = settings.Q_CLUSTER
    longest = max(KINDS.values(), key=lambda kind: kind.seconds)
    if queue["retry"] > queue["timeout"] > longest.seconds and queue["max_attempts"] > 0:
        return []
    return [
        Error(
            f"Q_CLUSTER needs retry > timeout > {longest.seconds}, the seconds that a job of the "
            f"kind “{longest.kind.label}” may take, and a finite max_attempts.",
            hint="Otherwise a running task is delivered to a second worker, or ended half done.",
            id="txcat.E001",
        )
    ]


@register()
def check_heartbeat(**kwargs: Any) -> list[CheckMessage]:
    """txcat.E003: a job whose worker lives must not be taken for lost."""
    if settings.JOB_STALE_SECONDS >= 3 * settings.JOB_HEARTBEAT_SECONDS:
        return []
    return [
        Error(
            "JOB_STALE_SECONDS must be at least three times JOB_HEARTBEAT_SECONDS.",
            hint="Otherwise one late heartbeat gives a running job to a second worker.",
            id="txcat.E003",
        )
    ]


@register()
def check_router(**kwargs: Any) -> list[CheckMessage]:
    """txcat.E002: a router that is not there would fail every request."""
    try:
        if hasattr(import_string(settings.ROUTER), "routes"):
            return []
        reason = "it has no method `routes`"
    except (ImportError, ValueError) as error:
        reason = str(error)
    return [
        Error(
            f"TXCAT_ROUTER={settings.ROUTER!r} is no router: {reason}.",
            hint="Name a class by its dotted path, such as classifier.routing.ActiveRouter.",
            id="txcat.E002",
        )
    ]


@register()
def check_artifact_storage(**kwargs: Any) -> list[CheckMessage]:
    """txcat.E004: without its store no version can be built, nor loaded where it is not yet."""
    try:
        storages["artifacts"]
        for path in settings.ARTIFACT_STORAGE_ERRORS:
            if not issubclass(import_string(path), Exception):
                raise ImportError(f"{path} is no exception")
    except (ImportError, ImproperlyConfigured, InvalidStorageError, TypeError, ValueError) as error:
        return [
            Error(
                f"The artifact store cannot be used: {error}.",
                hint="See TXCAT_ARTIFACT_STORAGE, TXCAT_ARTIFACT_STORAGE_OPTIONS and "
                "TXCAT_ARTIFACT_STORAGE_ERRORS in the README, and install the class's package.",
                id="txcat.E004",
            )
        ]
    return []


@register(deploy=True)
def check_database(**kwargs: Any) -> list[CheckMessage]:
    """txcat.W002: SQLite serves one machine."""
    if not settings.IS_EMBEDDED:
        return []
    return [
        Warning(
            "The embedded SQLite database serves one machine only.",
            hint="Set DATABASE_URL to PostgreSQL to run web and worker processes on several.",
            id="txcat.W002",
        )
    ]


@register(deploy=True)
def check_shared_cache(**kwargs: Any) -> list[CheckMessage]:
    """txcat.W003: without a shared cache each process counts a key's requests by itself."""
    if settings.REDIS_URL:
        return []
    return [
        Warning(
            "Without Redis, request limits are counted in each web process by itself.",
            hint="Set REDIS_URL.",
            id="txcat.W003",
        )
    ]
