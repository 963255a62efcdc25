"""The feedback inbox: what people said, judged in groups, with what speaks against each."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import BigAutoField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.views.decorators.http import require_http_methods

from classifier.admin.cells import changelist_url
from classifier.exceptions import ClassifierError
from classifier.models import Feedback
from classifier.services.feedback_groups import LIVE, FeedbackGroup, filled, groups
from classifier.services.feedback_inbox import REVERSIBLE, reopen, settle

Status = Feedback.Status
PER_PAGE = 25
REFUSALS_SHOWN = 10
JUDGE = "classifier.judge_feedback"
REOPEN = "reopen"
# What each verdict's button is called, and what a click did.
VERDICTS = {
    Status.EXAMPLE.value: ("Example", "Accepted as examples"),
    Status.RULE.value: ("Rule", "Accepted as rules"),
    Status.ONE_OFF.value: ("One-off", "Accepted for this once"),
    Status.REJECTED.value: ("Reject", "Rejected"),
}
# Where no category was named there is nothing to learn.
WITHOUT_CATEGORY = (Status.ONE_OFF.value, Status.REJECTED.value)
TABS = {"open": ("Open", (Status.OPEN,)), "decided": ("Set aside", REVERSIBLE)}


@require_http_methods(["GET", "POST"])
def feedback_inbox(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("classifier.view_feedback"):
        raise PermissionDenied
    if request.method == "POST":
        if not request.user.has_perm(JUDGE):
            raise PermissionDenied
        _act(request)
        return HttpResponseRedirect(request.get_full_path())
    tab = request.GET.get("tab", "open")
    tab = tab if tab in TABS else "open"
    page = Paginator(groups(TABS[tab][1]), PER_PAGE).get_page(request.GET.get("page"))
    address = reverse("admin:feedback_inbox")
    return TemplateResponse(
        request,
        "classifier/admin/feedback_inbox.html",
        {
            **admin.site.each_context(request),
            "title": "Feedback inbox",
            "tabs": [
                {"name": name, "url": f"{address}?tab={key}", "is_chosen": key == tab}
                for key, (name, _) in TABS.items()
            ],
            "all_url": changelist_url(Feedback),
            "is_open": tab == "open",
            "may_judge": request.user.has_perm(JUDGE),
            "verdicts": [(value, name) for value, (name, _) in VERDICTS.items()],
            "groups": [_shown(group) for group in filled(list(page))],
            "page": page,
            "pages": _pages(page, f"{address}?tab={tab}"),
            "live_of": f"{LIVE:,}",
        },
    )


def _act(request: HttpRequest) -> None:
    """One group by its own button, or all that are chosen by one below them."""
    one = request.POST.get("one", "")
    word, _, key = one.partition(":") if one else (request.POST.get("all", ""), "", "")
    keys = [key] if one else request.POST.getlist("group")
    chosen = [int(key) for key in keys if key.isdecimal() and int(key) <= BigAutoField.MAX_BIGINT]
    if word not in (*VERDICTS, REOPEN) or not chosen:
        messages.warning(request, "Choose what to decide about, then how.")
        return
    done, refused = 0, []
    for newest_id in chosen:
        try:
            if word == REOPEN:
                reopen(newest_id, request.user)  # type: ignore[arg-type]
            else:
                settle(newest_id, word, request.user)  # type: ignore[arg-type]
        except ClassifierError as error:
            refused.append(str(error))
        else:
            done += 1
    if done:
        said = "Open again" if word == REOPEN else VERDICTS[word][1]
        messages.success(request, f"{said}: {done}.")
    if refused:
        _report(request, refused)


def _report(request: HttpRequest, refused: list[str]) -> None:
    shown = format_html_join("", "<li>{}</li>", [(why,) for why in refused[:REFUSALS_SHOWN]])
    more = len(refused) - REFUSALS_SHOWN
    text = format_html(
        "Left as they are: {}.<ul>{}</ul>{}",
        len(refused),
        shown,
        f"And {more} more." if more > 0 else "",
    )
    messages.warning(request, text)


def _shown(group: FeedbackGroup) -> dict[str, Any]:
    verdicts = VERDICTS if group.category else WITHOUT_CATEGORY
    return {
        "group": group,
        "says": group.category or "wrong, no better one named",
        "persons": f"{group.persons:,} {'person' if group.persons == 1 else 'persons'}",
        "answered": ", ".join(
            f"{each.category or 'no category'} ({each.count:,})" for each in group.answered
        ),
        "status": str(Status(group.status).label),
        "verdicts": [(value, VERDICTS[value][0]) for value in verdicts],
    }


def _pages(page: "Page[Any]", address: str) -> dict[str, str]:
    return {
        name: f"{address}&page={number}"
        for name, number, is_there in (
            ("Previous", page.number - 1, page.has_previous()),
            ("Next", page.number + 1, page.has_next()),
        )
        if is_there
    }
