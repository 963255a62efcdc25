"""Background work, as it goes."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action
from unfold.enums import ActionVariant

from classifier.admin.base import ReadOnlyAdmin
from classifier.admin.cells import JOB_VARIANTS, NOTHING, badge, change_url
from classifier.admin.job_results import made
from classifier.exceptions import ConflictError
from classifier.jobs.kinds import kind_of
from classifier.jobs.queue import cancel, recover_lost_jobs, retry
from classifier.models import Job
from classifier.services.tuning import apply_tuning
from classifier.tables.submission import apply_job, is_applicable

PROGRESS_TEMPLATE = "classifier/admin/job_progress_bar.html"
CELL_TEMPLATE = "classifier/admin/job_progress_cell.html"
RETRIED = (Job.Status.FAILED, Job.Status.CANCELLED)


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "progress_shown", "who", "created_at", "took")
    list_filter = (("status", ChoicesDropdownFilter), ("kind", ChoicesDropdownFilter))
    list_select_related = ("started_by", "api_key")
    actions_detail = ("cancel", "retry", "apply")
    change_form_outer_before_template = "classifier/admin/job_progress.html"
    change_form_outer_after_template = "classifier/admin/job_log.html"
    readonly_fields = ("who", "took", "made", "attempts_shown", "worker_shown")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        urls: list[URLPattern] = super().get_urls()
        return [
            path("<int:job_id>/progress/", wrap(self.progress), name="classifier_job_progress"),
            path("<int:job_id>/cell/", wrap(self.cell), name="classifier_job_cell"),
            *urls,
        ]

    def get_fields(self, request: HttpRequest, obj: Job | None = None) -> list[Any]:
        """What there is to say of the job by now."""
        fields: list[Any] = [("kind", "who"), ("created_at", "took")]
        if obj is not None and obj.attempts:
            fields.append(("attempts_shown", "worker_shown"))
        if obj is not None and obj.result:
            fields.append("made")
        if obj is not None and obj.error:
            fields.append("error")
        return fields

    def may_manage(self, request: HttpRequest, job: Job) -> bool:
        """Whoever may start work of this kind may end it and start it again."""
        return request.user.has_perm(kind_of(job).permission_of(job))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """What is unfinished can be cancelled, what failed or was cancelled can be retried."""
        job = self.get_object(request, object_id)
        if job is None or not self.may_manage(request, job):
            return []
        if job.is_unfinished:
            wanted = "cancel"
        elif job.status in RETRIED:
            wanted = "retry"
        else:
            is_choice = job.kind == Job.Kind.AUTOTUNE or is_applicable(job)
            wanted = "apply" if is_choice else ""
        allowed: list[Any] = super().get_actions_detail(request, object_id)
        return [each for each in allowed if wanted and each.action_name.endswith(f"_{wanted}")]

    def progress(self, request: HttpRequest, job_id: int) -> HttpResponse:
        """The part of the page that renews itself; a finished job has the page loaded anew."""
        job = self._seen_job(request, job_id)
        if not job.is_unfinished:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return render(request, PROGRESS_TEMPLATE, {"original": job, "log": job.events.all()})

    def cell(self, request: HttpRequest, job_id: int) -> HttpResponse:
        """The part of a list's row that renews itself."""
        return render(request, CELL_TEMPLATE, _cell(self._seen_job(request, job_id)))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        recover_lost_jobs()
        response: HttpResponse = super().changelist_view(request, extra_context)
        return response

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        job = self.get_object(request, object_id)
        seen = {} if job is None else {"log": job.events.select_related("by")}
        response: HttpResponse = super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **seen}
        )
        return response

    @action(  # type: ignore[untyped-decorator]
        description="Cancel",
        url_path="cancel",
        icon="cancel",
        variant=ActionVariant.DANGER,
    )
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then end it, or have its work end it."""
        job = self._managed_job(request, object_id)
        if request.method != "POST":
            text = (
                "It waits for a worker and ends at once."
                if job.status == Job.Status.QUEUED
                else "Its worker ends it within seconds. What is half made goes; nothing that "
                "is stored changes."
            )
            return self._ask(request, job, f"Cancel {job}", text, "Cancel it")
        if cancel(job, request.user):  # type: ignore[arg-type]
            self.message_user(request, f"{job} is being cancelled.", messages.SUCCESS)
        else:
            self.message_user(request, f"{job} had finished.", messages.INFO)
        return HttpResponseRedirect(change_url(job))

    @action(  # type: ignore[untyped-decorator]
        description="Retry",
        url_path="retry",
        icon="replay",
        variant=ActionVariant.PRIMARY,
    )
    def retry(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then queue it again."""
        job = self._managed_job(request, object_id)
        if request.method != "POST":
            text = "It is queued again, with the same parameters and all its attempts."
            return self._ask(request, job, f"Retry {job}", text, "Queue it again")
        try:
            retry(job, request.user)  # type: ignore[arg-type]
        except ConflictError as error:
            self.message_user(request, str(error), messages.WARNING)
        else:
            self.message_user(request, f"{job} is queued again.", messages.SUCCESS)
        return HttpResponseRedirect(change_url(job))

    @action(  # type: ignore[untyped-decorator]
        description="Apply",
        url_path="apply",
        icon="check",
        variant=ActionVariant.PRIMARY,
    )
    def apply(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then keep what an autotune chose, or import what a preview has shown."""
        job = self._managed_job(request, object_id)
        if job.kind == Job.Kind.IMPORT_TABLE:
            return self._import(request, job)
        if request.method != "POST":
            text = (
                "Servers that start on machines like the one it ran on will have so many "
                "processes and threads, unless the environment says otherwise; versions built "
                "from now on will use its encoder."
            )
            return self._ask(request, job, f"Apply {job}", text, "Apply it")
        try:
            path = apply_tuning(job, by=request.user)  # type: ignore[arg-type]
        except ConflictError as error:
            self.message_user(request, str(error), messages.WARNING)
        else:
            text = f"Written to {path}. Restart the servers, and build a version."
            self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(change_url(job))

    @admin.display(description="progress", ordering="status")
    def progress_shown(self, job: Job) -> SafeString:
        return render_to_string(CELL_TEMPLATE, _cell(job))

    @admin.display(description="started by", ordering="started_by")
    def who(self, job: Job) -> str:
        if job.api_key is not None:
            return f"API key “{job.api_key.name}”"
        return str(job.started_by or "a command")

    @admin.display(description="worker")
    def worker_shown(self, job: Job) -> str:
        host, _, process = job.worker.rpartition(":")
        return f"process {process} on {host}" if host else NOTHING

    @admin.display(description="took")
    def took(self, job: Job) -> str:
        if job.started_at is None or job.finished_at is None:
            return NOTHING
        return f"{(job.finished_at - job.started_at).total_seconds():.1f} s"

    @admin.display(description="attempts")
    def attempts_shown(self, job: Job) -> str:
        return f"{job.attempts} of {kind_of(job).max_attempts}"

    @admin.display(description="made")
    def made(self, job: Job) -> SafeString | str:
        return made(job)

    def _import(self, request: HttpRequest, job: Job) -> HttpResponse:
        if request.method != "POST":
            text = (
                f"{job.message.partition('.')[0]}: all rows of “{job.parameters['name']}” are "
                "imported in the background, or none where one no longer fits."
            )
            return self._ask(request, job, f"Apply {job}", text, "Import it")
        try:
            queued = apply_job(job, by=request.user)  # type: ignore[arg-type]
        except ConflictError as error:
            self.message_user(request, str(error), messages.WARNING)
            return HttpResponseRedirect(change_url(job))
        self.message_user(request, f"{queued} imports it.", messages.SUCCESS)
        return HttpResponseRedirect(change_url(queued))

    def _seen_job(self, request: HttpRequest, job_id: int) -> Job:
        recover_lost_jobs()
        job: Job | None = self.get_object(request, str(job_id))
        if job is None or not self.has_view_permission(request, job):
            raise Http404("There is no such job.")
        return job

    def _managed_job(self, request: HttpRequest, object_id: str) -> Job:
        job: Job | None = self.get_object(request, object_id)
        if job is None:
            raise Http404("There is no such job.")
        if not self.has_view_permission(request, job) or not self.may_manage(request, job):
            raise PermissionDenied
        return job

    def _ask(
        self, request: HttpRequest, job: Job, title: str, text: str, verb: str
    ) -> TemplateResponse:
        return TemplateResponse(
            request,
            "classifier/admin/confirm.html",
            {
                **self.admin_site.each_context(request),
                "title": title,
                "original": job,
                "opts": self.opts,
                "text": text,
                "verb": verb,
                "back_url": change_url(job),
            },
        )


def _cell(job: Job) -> dict[str, Any]:
    return {
        "job": job,
        "status": badge(job.get_status_display(), JOB_VARIANTS[job.status]),
        "text": job.error or job.message,
    }
