"""The review queue: texts that a person should name, one after another, by keys or by forms."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import BigAutoField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods
from unfold.widgets import INPUT_CLASSES

from classifier.admin import descriptions
from classifier.admin.cells import LEVEL_VARIANTS, change_url, confidence, figure
from classifier.exceptions import ClassifierError, InvalidItemError
from classifier.models import Category, Prediction, ReviewItem
from classifier.models.choices import AnnotatorChoices, FlowChoices, LevelChoices
from classifier.services.review import claim, discard, skip, submit, undo, waiting
from classifier.services.review_collection import last_filled

Reason, State = ReviewItem.Reason, ReviewItem.State
REVIEW = "classifier.review_predictions"
# Each by what is in it: a state, and a reason where it is of one alone.
TABS = {
    "pending": ("Pending", State.PENDING, ""),
    "audit": ("Audit alone", State.PENDING, Reason.AUDIT.value),
    "skipped": ("Skipped", State.SKIPPED, ""),
}
# As many as there are keys for.
CHOICES = 9
# Of what was searched for and is no category; what is longer names none.
MAX_SEARCHED = 200


@require_http_methods(["GET", "POST"])
def review_queue(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm(REVIEW):
        raise PermissionDenied
    tab = request.GET.get("tab", "pending")
    tab = tab if tab in TABS else "pending"
    if request.method == "POST":
        return HttpResponseRedirect(_url(tab, *_act(request)))
    _, state, reason = TABS[tab]
    items = claim(request.user, state, reason)  # type: ignore[arg-type]
    wanted = request.GET.get("item", "")
    place = next((place for place, item in enumerate(items) if str(item.pk) == wanted), 0)
    is_wanted = bool(items) and str(items[place].pk) == wanted
    counts = waiting()
    categories = list(Category.objects.active().detailed().in_tree_order())
    return TemplateResponse(
        request,
        "classifier/admin/review_queue.html",
        {
            **admin.site.each_context(request),
            "title": "Review queue",
            "tabs": [
                {
                    "name": f"{name} ({getattr(counts, key):,})",
                    "url": _url(key),
                    "is_chosen": key == tab,
                }
                for key, (name, _, _) in TABS.items()
            ],
            "items": [
                {"item": item, "url": _url(tab, item.pk), "is_current": item is items[place]}
                for item in items
            ],
            "current": _shown(items[place], categories) if items else None,
            "searched": request.GET.get("other", "") if is_wanted else "",
            "previous_url": _url(tab, items[place - 1].pk) if place else "",
            "next_url": _url(tab, items[place + 1].pk) if items[place + 1 :] else "",
            "next_id": items[place + 1].pk if items[place + 1 :] else "",
            "categories": categories,
            "input_classes": " ".join(INPUT_CLASSES),
            "is_pending": state == State.PENDING,
            # Where none of them could be claimed, others hold all.
            "held_by_others": 0 if items else getattr(counts, tab),
            "last_filled": last_filled(),
            "may_see_prediction": request.user.has_perm("classifier.view_prediction"),
        },
    )


def _act(request: HttpRequest) -> tuple[int | None, str]:
    """Do what a button says. Returns the item to show next, and what is to be mended in it: what
    was searched for and is no category in use."""
    act, by = request.POST.get("act", ""), request.user
    item_id, next_id = _key(request, "item"), _key(request, "next")
    if act != "undo" and item_id is None:
        messages.warning(request, "Choose a text first.")
        return None, ""
    try:
        if act == "undo":
            return _undo(request), ""
        assert item_id is not None  # noqa: S101
        if act == "submit":
            slug = _category(request)
            if not slug:
                messages.warning(request, "Choose a category first.")
                return item_id, ""
            done = submit(item_id, slug, by)  # type: ignore[arg-type]
            said = "It is an example now." if done.example else f"No new example: {done.refusal}"
            messages.success(request, f"Submitted as {done.category}. {said}")
        elif act == "skip":
            messages.success(request, f"Skipped “{skip(item_id, by)}”.")  # type: ignore[arg-type]
        elif act == "discard":
            messages.success(request, f"Discarded “{discard(item_id, by)}”.")  # type: ignore[arg-type]
        else:
            messages.warning(request, "Choose what to do with the text.")
            return item_id, ""
    except InvalidItemError as error:
        messages.error(request, str(error))
        return item_id, request.POST.get("other", "")[:MAX_SEARCHED]
    except ClassifierError as error:
        messages.error(request, str(error))
        return item_id, ""
    return next_id, ""


def _undo(request: HttpRequest) -> int:
    undone = undo(request.user)  # type: ignore[arg-type]
    text = f"Undone: “{undone.item}” is not {undone.act.label.lower()} any more. {undone.note}"
    messages.success(request, text.strip())
    return undone.item.pk


def _category(request: HttpRequest) -> str:
    """The slug of what was searched for, by its name or its slug, else of what was chosen."""
    searched = request.POST.get("other", "").strip()
    if not searched:
        return request.POST.get("category", "")
    active = Category.objects.active().detailed().select_related("parent")
    return {str(category): category.slug for category in active}.get(searched, searched)


def _key(request: HttpRequest, name: str) -> int | None:
    given = request.POST.get(name, "")
    is_key = given.isascii() and given.isdecimal() and int(given) <= BigAutoField.MAX_BIGINT
    return int(given) if is_key else None


def _url(tab: str, item_id: int | None = None, searched: str = "") -> str:
    item = {} if item_id is None else {"item": item_id}
    other = {"other": searched} if searched else {}
    return reverse("admin:review_queue", query={"tab": tab, **item, **other})


def _shown(item: ReviewItem, categories: Sequence[Category]) -> dict[str, Any]:
    prediction = item.prediction
    return {
        "item": item,
        "why": _why(item),
        "choices": _choices(item, categories),
        "facts": [(name, value) for name, value in _facts(prediction) if value],
        "answer": str(prediction.category or "No category"),
        "level": prediction.get_level_display(),
        "variant": LEVEL_VARIANTS[prediction.level],
        "url": change_url(prediction),
    }


def _why(item: ReviewItem) -> str:
    prediction = item.prediction
    if item.reason == Reason.AUDIT:
        return (
            "Drawn at random to measure how right the answers are. Say what it is, as you see it."
        )
    if prediction.level == LevelChoices.ABSTAIN:
        return f"No category was given: {prediction.get_reason_display().lower() or 'unsure'}."
    if prediction.level == LevelChoices.LOW:
        return f"The version was not sure: {confidence(prediction.confidence)}."
    return f"Two categories were close: {figure(prediction.margin)} apart."


def _choices(item: ReviewItem, categories: Sequence[Category]) -> list[dict[str, Any]]:
    """The suggestion, then what else was considered, of the categories that are in use."""
    by_slug = {category.slug: category for category in categories}
    slugs = [each["slug"] for each in item.prediction.alternatives]
    if item.suggestion is not None:
        slugs.insert(0, item.suggestion.slug)
    found = [by_slug[slug] for slug in dict.fromkeys(slugs) if slug in by_slug]
    suggested = item.suggestion
    return [
        {"number": number, "category": category, "is_suggested": category == suggested}
        for number, category in enumerate(found[:CHOICES], start=1)
    ]


def _facts(prediction: Prediction) -> list[tuple[str, Any]]:
    amount = "" if prediction.amount is None else _amount(prediction.amount)
    flow = FlowChoices(prediction.direction).label if prediction.direction else ""
    merchant = prediction.merchant.name if prediction.merchant else prediction.merchant_text
    by = prediction.annotator
    return [
        ("As sent", prediction.description),
        ("Amount", f"{amount} {prediction.currency}".strip()),
        ("Direction", flow),
        ("Merchant", merchant),
        ("Country", descriptions.country(prediction.country) if prediction.country else ""),
        ("Merchant category code", prediction.mcc),
        ("Decided by", "" if by == AnnotatorChoices.MODEL else prediction.get_annotator_display()),
    ]


def _amount(amount: Decimal) -> str:
    """With two digits behind the point, or what there are more."""
    cents = round(amount, 2)
    return f"{cents if cents == amount else amount.normalize():,f}"
