"""Background work, as it is asked about from outside."""

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin

from classifier.exceptions import UnknownError
from classifier.jobs.kinds import kind_of
from classifier.jobs.queue import recover_lost_jobs
from classifier.models import ApiKey, Job


def find_job(job_id: int, *, is_staff: bool) -> Job:
    """A job; programs see those of files only. Raises UnknownError."""
    recover_lost_jobs()
    jobs = Job.objects.select_related("started_by")
    if not is_staff:
        jobs = jobs.filter(kind=Job.Kind.CLASSIFY_FILE)
    job = jobs.filter(pk=job_id).first()
    if job is None:
        raise UnknownError(f"No job has the id {job_id}.")
    return job


def may_manage(job: Job, key: ApiKey | None, user: AbstractBaseUser | None) -> bool:
    """Whether the job is the key's own, or of a kind that the person may start."""
    if key is not None:
        return job.api_key_id == key.pk
    return isinstance(user, PermissionsMixin) and user.has_perm(kind_of(job).permission_of(job))
