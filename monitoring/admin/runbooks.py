"""The page “Runbooks”: what each alert means and what to do, for whoever is on call."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from classifier.admin.cells import NOTHING, link
from monitoring.runbooks import DOCUMENT, anchor_of, place_of, read_runbooks, section_of


@require_safe
def runbooks(request: HttpRequest) -> HttpResponse:
    _check_permission(request)
    context = {
        **admin.site.each_context(request),
        "title": "Runbooks",
        "runbooks": read_runbooks(),
        "document": DOCUMENT,
    }
    return TemplateResponse(request, "monitoring/admin/runbooks.html", context)


@require_safe
def runbook_section(request: HttpRequest, anchor: str) -> HttpResponse:
    """The address that messages say."""
    _check_permission(request)
    return HttpResponseRedirect(place_of(anchor))


def runbook_link(runbook: str) -> SafeString | str:
    """To a rule's runbook; a place in another document is named alone."""
    anchor = anchor_of(runbook)
    if anchor is not None:
        section = section_of(runbook)
        return link(place_of(anchor), f"Runbook “{section.title}”" if section else runbook)
    return link(runbook, runbook) if "://" in runbook else runbook or NOTHING


def _check_permission(request: HttpRequest) -> None:
    if not request.user.has_perm("monitoring.view_alert"):
        raise PermissionDenied
