"""How long the files of jobs are kept."""

import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.utils import timezone

from classifier.bulk.files import ROOT, JobFiles
from classifier.models import Job

logger = logging.getLogger(__name__)

# What belongs to no job is of an upload under way, or of one that was cut off.
UPLOAD_DAYS = 1


def delete_old_files() -> int:
    """Delete the files of jobs that ended JOB_FILES_DAYS ago, and what uploads that were cut
    off have left in storage and on this machine. Returns how many jobs lost their files."""
    now = timezone.now()
    old = Job.objects.filter(
        kind__in=(Job.Kind.CLASSIFY_FILE, Job.Kind.IMPORT_TABLE),
        finished_at__lt=now - timedelta(days=settings.JOB_FILES_DAYS),
    )
    count = 0
    for job in old.exclude(parameters__has_key="files_deleted_at"):
        parameters = {**job.parameters, "files_deleted_at": now.isoformat()}
        # Unless it was queued again meanwhile.
        if old.filter(pk=job.pk).update(parameters=parameters):
            JobFiles(job.parameters["folder"]).delete()
            job.parts.all().delete()
            count += 1
    _delete_orphans(now - timedelta(days=UPLOAD_DAYS))
    _delete_uploads(now - timedelta(days=UPLOAD_DAYS))
    logger.info("Deleted the files of %s jobs.", count)
    return count


def _delete_orphans(before: datetime) -> None:
    storage: Storage = storages["artifacts"]
    with suppress(FileNotFoundError):
        folders, _ = storage.listdir(ROOT)
        for name in folders:
            folder = f"{ROOT}/{name}"
            is_known = Job.objects.filter(parameters__folder=folder).exists()
            _, files = storage.listdir(folder)
            times = [storage.get_modified_time(f"{folder}/{name}") for name in files]
            if times and max(times) < before and not is_known:
                JobFiles(folder).delete()


def _delete_uploads(before: datetime) -> None:
    folder = Path(settings.FILE_UPLOAD_TEMP_DIR)
    for path in folder.glob("*.upload*"):
        with suppress(FileNotFoundError):
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
                path.unlink()
