"""Background work, as it goes."""

from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action
from unfold.enums import ActionVariant

from classifier.admin.base import ReadOnlyAdmin
from classifier.admin.cells import JOB_VARIANTS, NOTHING, badge, change_link, change_url, percent
from classifier.models import Job, ModelVersion
from classifier.services.jobs import abandon_job


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = (
        "__str__",
        "status_badge",
        "progress_shown",
        "message",
        "started_by",
        "created_at",
        "took",
    )
    list_filter = (("status", ChoicesDropdownFilter), ("kind", ChoicesDropdownFilter))
    list_select_related = ("started_by",)
    actions_detail = ("abandon",)
    change_form_outer_before_template = "classifier/admin/job_progress.html"
    fields = (
        ("kind", "started_by"),
        ("created_at", "started_at"),
        ("finished_at", "took"),
        "version_link",
        "error",
    )
    readonly_fields = ("took", "version_link")

    def get_urls(self) -> list[URLPattern]:
        progress = self.admin_site.admin_view(self.progress)
        urls: list[URLPattern] = super().get_urls()
        return [
            path("<int:job_id>/progress/", progress, name="classifier_job_progress"),
            *urls,
        ]

    def has_abandon_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("classifier.build_modelversion")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only what is not finished can be given up."""
        job = self.get_object(request, object_id)
        if job is None or not job.is_unfinished:
            return []
        allowed: list[Any] = super().get_actions_detail(request, object_id)
        return allowed

    def progress(self, request: HttpRequest, job_id: int) -> HttpResponse:
        """The part of the page that renews itself; a finished job has the page loaded anew."""
        job = self.get_object(request, str(job_id))
        if job is None or not self.has_view_permission(request, job):
            raise Http404("There is no such job.")
        if not job.is_unfinished:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return render(request, "classifier/admin/job_progress_bar.html", {"original": job})

    @action(  # type: ignore[untyped-decorator]
        description="Give up",
        url_path="abandon",
        permissions=["abandon"],
        icon="cancel",
        variant=ActionVariant.DANGER,
    )
    def abandon(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """For a job whose worker is gone: frees the place for another."""
        job = self.get_object(request, object_id)
        if job is None:
            raise Http404("There is no such job.")
        if request.method != "POST":
            return TemplateResponse(
                request,
                "classifier/admin/confirm.html",
                {
                    **self.admin_site.each_context(request),
                    "title": f"Give up {job}",
                    "original": job,
                    "opts": self.opts,
                    "text": "Another can be started then. Do it where the worker is gone: one that "
                    "still runs is not stopped, and what it builds appears among the versions.",
                    "verb": "Give it up",
                    "back_url": change_url(job),
                },
            )
        if abandon_job(job, request.user):  # type: ignore[arg-type]
            self.message_user(request, f"{job} was given up.", messages.SUCCESS)
        else:
            self.message_user(request, f"{job} had finished.", messages.INFO)
        return HttpResponseRedirect(change_url(job))

    @admin.display(description="status", ordering="status")
    def status_badge(self, job: Job) -> SafeString:
        return badge(job.get_status_display(), JOB_VARIANTS[job.status])

    @admin.display(description="progress")
    def progress_shown(self, job: Job) -> str:
        return percent(job.progress, 0)

    @admin.display(description="took")
    def took(self, job: Job) -> str:
        if job.started_at is None or job.finished_at is None:
            return NOTHING
        return f"{(job.finished_at - job.started_at).total_seconds():.1f} s"

    @admin.display(description="made")
    def version_link(self, job: Job) -> SafeString | str:
        version = ModelVersion.objects.filter(pk=job.result.get("version")).first()
        if version is None:
            return NOTHING
        is_new = "" if job.result.get("is_new") else " (nothing had changed since it was built)"
        return format_html("{}{}", change_link(version), is_new)
