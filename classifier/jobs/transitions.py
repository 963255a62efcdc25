"""A job's changes of status: each one conditional, each one a row."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from classifier.models import Job, JobEvent

FINISHED = (Job.Status.SUCCEEDED, Job.Status.FAILED, Job.Status.CANCELLED)


def change_status(
    job_id: int,
    before: Sequence[Job.Status],
    after: Job.Status,
    *,
    text: str = "",
    by: AbstractBaseUser | None = None,
    held_by: UUID | None = None,
    **fields: Any,
) -> bool:
    """Move a job on, if it still is in one of `before` (and its claim is `held_by`, where given).

    `fields` are written with it. Returns False where it was not, with nothing written.
    """
    now = timezone.now()
    if after in FINISHED:
        fields = {"finished_at": now, "claim": None, **fields}
    with transaction.atomic():
        jobs = Job.objects.select_for_update().filter(pk=job_id, status__in=before)
        if held_by is not None:
            jobs = jobs.filter(claim=held_by)
        found = jobs.values_list("status", flat=True).first()
        if found is None:
            return False
        changed = Job.objects.filter(pk=job_id, status=found).update(status=after, **fields)
        if changed:
            JobEvent.objects.create(
                job_id=job_id,
                from_status=found,
                to_status=after,
                text=text,
                by=by,  # type: ignore[misc]
            )
        return bool(changed)
