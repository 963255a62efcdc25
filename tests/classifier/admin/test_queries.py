"""The number of queries of a list does not depend on the number of rows."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from classifier.models import (
    Activation,
    Category,
    Encoder,
    Example,
    Job,
    Merchant,
    MerchantTag,
    ModelVersion,
    PersonalCategory,
    PersonalErasure,
    Prediction,
    Retirement,
    Rule,
    VersionComparison,
)
from classifier.services.api_keys import create_api_key
from classifier.services.feedback import FeedbackItem, record_feedback
from tests.classifier.admin.conftest import Rows, classify, fail_a_task
from tests.reviews import queued
from tests.rows import copy_of

MORE = 4


def _add_categories(rows: Rows) -> None:
    primary = Category.objects.create(slug="new", name="New")
    for number in range(MORE):
        Category.objects.create(slug=f"new-{number}", name=f"New {number}", parent=primary)


def _add_examples(rows: Rows) -> None:
    for number, category in enumerate(Category.objects.detailed()[:MORE]):
        Example.objects.create(category=category, text=f"QUITE NEW {chr(97 + number) * 5}")


def _add_versions(rows: Rows) -> None:
    for number in range(MORE):
        author = User.objects.create_user(f"author{number}")
        status = ModelVersion.Status.CANDIDATE
        version = copy_of(rows.version, name=f"copy {number}", status=status, created_by=author)
        VersionComparison.objects.create(
            version=version, against=rows.version, texts=9, changed=number, source="examples",
            changed_low=0, changed_high=1,
        )  # fmt: skip


def _add_retired_versions(rows: Rows) -> None:
    _add_versions(rows)
    for version in ModelVersion.objects.candidates():
        Retirement.objects.create(version=version, by=version.created_by)
    ModelVersion.objects.candidates().update(status=ModelVersion.Status.RETIRED)


def _add_activations(rows: Rows) -> None:
    _add_versions(rows)
    for version in ModelVersion.objects.candidates():
        Activation.objects.create(
            from_version=rows.version, to_version=version, by=version.created_by
        )


def _add_encoders(rows: Rows) -> None:
    known = Encoder.objects.all()[0]
    for number in range(MORE):
        known.pk, known.digest = None, f"{number:064}"
        known.save(force_insert=True)


def _add_predictions(rows: Rows) -> None:
    for example in Example.objects.order_by("id")[100 : 100 + MORE]:
        (prediction,) = classify(example.text, user_id=f"u{example.pk}")
        merchant = Merchant.objects.create(key=f"own-{example.pk}", name=f"Own {example.pk}")
        Prediction.objects.filter(pk=prediction.pk).update(merchant=merchant)


def _add_unrecognized(rows: Rows) -> None:
    for example in Example.objects.order_by("id")[100 : 100 + MORE]:
        (prediction,) = classify(example.text)
        Prediction.objects.filter(pk=prediction.pk).update(
            merchant=None, merchant_text=example.text, category=example.category
        )


def _add_merchants(rows: Rows) -> None:
    for number, category in enumerate(Category.objects.detailed()[:MORE]):
        Merchant.objects.create(key=f"own-{number}", name=f" Own {number}", category=category)


def _add_merchant_tags(rows: Rows) -> None:
    for number, category in enumerate(Category.objects.detailed()[:MORE]):
        MerchantTag.objects.create(tag=f"a={number}", words="x", category=category)
        Merchant.objects.create(key=f"own-{number}", name="Own", tag=f"a={number}")


def _add_feedback(rows: Rows) -> None:
    for example in Example.objects.order_by("id")[100 : 100 + MORE]:
        (prediction,) = classify(example.text)
        record_feedback([FeedbackItem(prediction_id=prediction.id, category=example.category.slug)])


def _add_rules(rows: Rows) -> None:
    for number, category in enumerate(Category.objects.detailed()[:MORE]):
        Rule.objects.create(kind=Rule.Kind.EXACT, pattern=f"rule {number} x", category=category)


def _add_personal(rows: Rows) -> None:
    for number, category in enumerate(Category.objects.detailed()[:MORE]):
        PersonalCategory.objects.create(user_id=f"u{number}", canonical_text="x", category=category)


def _add_erasures(rows: Rows) -> None:
    for number in range(MORE):
        by = User.objects.create_user(f"eraser{number}")
        PersonalErasure.objects.create(user_digest="0" * 64, count=number, by=by)


def _add_keys(rows: Rows) -> None:
    for number in range(MORE):
        create_api_key(f"key {number}", ["classify"])


def _add_jobs(rows: Rows) -> None:
    for number in range(MORE):
        Job.objects.create(
            kind=Job.Kind.BUILD_VERSION,
            status=Job.Status.FAILED,
            started_by=User.objects.create_user(f"starter{number}"),
            finished_at=timezone.now(),
        )


def _add_failures(rows: Rows) -> None:
    for number in range(MORE):
        fail_a_task(f"failed {number}")


def _add_users(rows: Rows) -> None:
    for number in range(MORE):
        User.objects.create_user(f"user{number}", is_staff=True)


def _add_groups(rows: Rows) -> None:
    for number in range(MORE):
        Group.objects.create(name=f"group {number}")


LISTS: dict[str, Callable[[Rows], None]] = {
    "classifier_activation": _add_activations,
    "classifier_apikey": _add_keys,
    "classifier_category": _add_categories,
    "classifier_encoder": _add_encoders,
    "classifier_example": _add_examples,
    "classifier_feedback": _add_feedback,
    "classifier_job": _add_jobs,
    "classifier_merchant": _add_merchants,
    "classifier_merchanttag": _add_merchant_tags,
    "classifier_modelversion": _add_retired_versions,
    "classifier_personalcategory": _add_personal,
    "classifier_personalerasure": _add_erasures,
    "classifier_prediction": _add_predictions,
    "classifier_rule": _add_rules,
    "auth_group": _add_groups,
    "auth_user": _add_users,
    "django_q_failure": _add_failures,
}


def _queries(client: Client, url: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return [query["sql"] for query in captured]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_asks_as_much_for_one_row_as_for_many(name: str, staff: Client, rows: Rows) -> None:
    url = reverse(f"admin:{name}_changelist")
    _queries(staff, url)
    few = _queries(staff, url)
    LISTS[name](rows)
    many = _queries(staff, url)
    assert len(many) == len(few), "\n".join(many)


def test_unrecognized_merchants_ask_as_much_for_many(staff: Client, rows: Rows) -> None:
    url = reverse("admin:unrecognized_merchants")
    Prediction.objects.filter(pk=rows.prediction.pk).update(merchant=None, merchant_text="x")
    _queries(staff, url)
    few = _queries(staff, url)
    _add_unrecognized(rows)
    many = _queries(staff, url)
    assert len(many) == len(few), "\n".join(many)


def test_the_feedback_inbox_asks_as_much_for_many(staff: Client, rows: Rows) -> None:
    url = reverse("admin:feedback_inbox")
    _queries(staff, url)
    few = _queries(staff, url)
    _add_feedback(rows)
    many = _queries(staff, url)
    assert len(many) == len(few), "\n".join(many)


def test_the_review_queue_asks_as_much_for_many(staff: Client, rows: Rows) -> None:
    url = reverse("admin:review_queue")
    queued("QWOP ONE")
    _queries(staff, url)
    few = _queries(staff, url)
    queued("QWOP TWO", "QWOP THREE", "QWOP FOUR")
    # They are claimed, one by one.
    _queries(staff, url)
    many = _queries(staff, url)
    assert len(many) == len(few), "\n".join(many)


def test_the_page_of_a_category_asks_as_much_for_many_examples(staff: Client, rows: Rows) -> None:
    url = reverse("admin:classifier_category_change", args=[rows.category.pk])
    _queries(staff, url)
    few = _queries(staff, url)
    Example.objects.bulk_create(
        Example(category=rows.category, text=f"BULK {number}", canonical_text=f"bulk {number}")
        for number in range(500)
    )
    page = staff.get(url).content.decode()
    assert len(_queries(staff, url)) == len(few)
    assert page.count('name="examples-') < 400
    assert f"All {rows.category.examples.count()} examples" in page


def test_the_page_of_a_version_asks_once_for_all_categories(staff: Client, rows: Rows) -> None:
    url = reverse("admin:classifier_modelversion_change", args=[rows.version.pk])
    _queries(staff, url)
    assert len(_queries(staff, url)) <= 19
