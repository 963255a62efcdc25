"""How a category does, and what it is confused with."""

from collections.abc import Iterable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from classifier import runtime
from classifier.engine.shares import Share
from classifier.models import Activation, Category, Feedback, ModelVersion, Prediction, Prototype
from classifier.services import category_health as service
from classifier.services.category_health import CategoryHealth, Confusion, category_health
from classifier.services.feedback import FeedbackItem, record_feedback
from tests.classifier.admin.conftest import Make
from tests.classifier.services.test_rule_effects import category, predict

pytestmark = pytest.mark.django_db


def health(slug: str, days: int = 30) -> CategoryHealth:
    return category_health(category(slug), timezone.now() - timedelta(days=days))


def correct(prediction: Prediction, slug: str, user_id: str = "u1") -> Feedback:
    item = FeedbackItem(prediction_id=prediction.pk, category=slug, user_id=user_id)
    (row,) = record_feedback([item]).rows
    return row


def said(confusions: Iterable[Confusion]) -> dict[str | None, tuple[int, list[str]]]:
    return {
        each.category.slug if each.category else None: (each.said, each.said_texts)
        for each in confusions
        if each.said
    }


def page_of(client: Client, slug: str, **query: str) -> str:
    url = reverse("admin:classifier_category_health", args=[category(slug).pk])
    return client.get(url, query).content.decode()


def test_what_people_said_is_counted_both_ways_with_texts(active_version: ModelVersion) -> None:
    for number in range(2):
        row = predict(active_version, "corner bakery", "groceries", transaction_id=str(number))
        correct(row, "fast-food")
    correct(predict(active_version, "blue door", "coffee-shops"), "groceries")
    correct(predict(active_version, "nowhere", None), "groceries")
    found = health("groceries")
    assert said(found.taken) == {"fast-food": (2, ["corner bakery"])}
    assert said(found.missed) == {"coffee-shops": (1, ["blue door"]), None: (1, ["nowhere"])}
    assert said(health("pets").taken) == {}


def test_what_was_rejected_replaced_or_confirmed_is_no_confusion(
    active_version: ModelVersion,
) -> None:
    row = predict(active_version, "corner bakery", "groceries")
    rejected = correct(row, "fast-food", "u1")
    Feedback.objects.filter(pk=rejected.pk).update(status=Feedback.Status.REJECTED)
    correct(row, "coffee-shops", "u2")
    correct(row, "groceries", "u2")
    found = health("groceries")
    assert said(found.taken) == {}
    assert (found.live.judged, found.live.corrected) == (1, 0)


def test_live_figures_are_of_the_period_and_of_the_versions_own_answers(
    active_version: ModelVersion,
) -> None:
    for level in ("high", "high", "low"):
        row = predict(active_version, "corner shop", "groceries")
        Prediction.objects.filter(pk=row.pk).update(level=level)
    predict(active_version, "corner shop", "groceries", annotator="rule")
    old = predict(active_version, "corner shop", "groceries")
    Prediction.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=40))
    live = health("groceries").live
    assert (live.levels, live.others, live.predictions) == ({"high": 2, "low": 1}, 1, 4)
    assert health("groceries", days=50).live.predictions == 5


def test_no_more_than_so_many_predictions_are_counted(
    active_version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [predict(active_version, "corner shop", "groceries") for _ in range(3)]
    assert health("groceries").live.since is None
    monkeypatch.setattr(service, "MAX_PREDICTIONS", 2)
    live = health("groceries").live
    assert (live.predictions, live.since) == (2, rows[1].created_at)


def test_figures_of_the_build_have_their_sizes_and_agree_with_the_versions(
    active_version: ModelVersion,
) -> None:
    (found,) = health("groceries").built
    row = Prototype.objects.get(version=active_version, category=found.category)
    assert isinstance(found.recall, Share)
    assert isinstance(found.precision, Share)
    assert found.examples == row.example_count == found.recall.total
    assert found.recall.value == pytest.approx(row.recall)
    assert found.precision.value == pytest.approx(row.precision)


def test_examples_for_which_another_is_the_best_guess_are_shown(
    active_version: ModelVersion,
) -> None:
    found = health("groceries")
    recall = found.built[0].recall
    assert isinstance(recall, Share)
    missed = sum(each.built for each in found.missed)
    assert 0 < missed <= recall.total - recall.count
    texts = set(category("groceries").examples.values_list("text", flat=True))
    assert {text for each in found.missed for text in each.built_texts} <= texts
    assert not {text for each in found.taken for text in each.built_texts} & texts


def test_a_primary_category_has_a_row_for_each_of_its_own(active_version: ModelVersion) -> None:
    parent = category("groceries").primary
    found = category_health(parent, timezone.now() - timedelta(days=30))
    assert [each.category for each in found.built] == list(
        Category.objects.filter(parent=parent).in_tree_order()
    )


def test_where_the_version_is_not_loaded_its_own_figures_are_shown(
    staff: Client, active_version: ModelVersion
) -> None:
    Activation.objects.all().delete()
    runtime.reset()
    (found,) = health("groceries").built
    row = Prototype.objects.get(version=active_version, category=found.category)
    assert (found.precision, found.recall) == (row.precision, row.recall)
    assert "No version has been activated." in page_of(staff, "groceries")


def test_without_a_version_the_page_says_so(staff: Client, active_version: ModelVersion) -> None:
    ModelVersion.objects.update(status="candidate")
    assert "No version is active." in page_of(staff, "groceries")


def test_the_page_shows_it_and_is_linked_from_the_list_and_the_category(
    staff: Client, active_version: ModelVersion
) -> None:
    correct(predict(active_version, "corner bakery", "groceries"), "fast-food")
    page = page_of(staff, "groceries")
    assert "corner bakery" in page
    assert "100.0% (1 of 1 sayings)" in page
    assert f"Of version {active_version}" in page
    url = reverse("admin:classifier_category_health", args=[category("groceries").pk])
    shown = [
        reverse("admin:classifier_category_changelist"),
        reverse("admin:classifier_category_change", args=[category("groceries").pk]),
    ]
    for address in shown:
        assert url in staff.get(address).content.decode()


def test_another_period_is_chosen_by_the_address(
    staff: Client, active_version: ModelVersion
) -> None:
    row = predict(active_version, "corner shop", "groceries")
    Prediction.objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(days=400))
    year = str((timezone.localdate() - timedelta(days=400)).year)
    assert "The last 30 days." in page_of(staff, "groceries")
    page = page_of(staff, "groceries", created_at__year=year)
    assert "The last 30 days." not in page
    assert page_of(staff, "groceries", created_at__year="soon") != page


def test_texts_are_for_who_may_see_them_elsewhere(
    client: Client, make_staff: Make, active_version: ModelVersion
) -> None:
    correct(predict(active_version, "corner bakery", "groceries"), "fast-food")
    client.force_login(make_staff("classifier.view_category"))
    page = page_of(client, "groceries")
    assert "Fast food" in page
    assert "corner bakery" not in page
    assert 'class="plain-code"' not in page


def test_a_category_that_is_not_there_is_not_found(staff: Client) -> None:
    url = reverse("admin:classifier_category_health", args=[10**9])
    assert staff.get(url).status_code == 404


def test_queries_do_not_grow_with_what_is_confused(
    staff: Client, active_version: ModelVersion, settings: Settings
) -> None:
    # The look for another activation is not counted.
    settings.ENGINE_POLL_SECONDS = 3600
    page_of(staff, "groceries")
    counts = []
    for slug in ("fast-food", "coffee-shops", "pets", "restaurants"):
        if Category.objects.filter(slug=slug).exists():
            correct(predict(active_version, f"corner {slug}", "groceries"), slug)
        with CaptureQueriesContext(connection) as queries:
            page_of(staff, "groceries")
        counts.append(len(queries))
    assert len(set(counts)) == 1
    assert counts[0] <= 20
