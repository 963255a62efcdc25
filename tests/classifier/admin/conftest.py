"""Someone signed in, and rows of every kind."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone
from django_q.models import Failure

from classifier.models import (
    ApiKey,
    Category,
    Example,
    Feedback,
    Job,
    Merchant,
    MerchantTag,
    ModelVersion,
    Prediction,
    Rule,
)
from classifier.services.api_keys import create_api_key
from classifier.services.feedback import FeedbackItem, record_feedback
from classifier.services.own_merchants import save_own_merchant
from classifier.services.predictions import TransactionRequest, classify_transactions

Make = Callable[..., User]


@dataclass(frozen=True)
class Rows:
    """One row of each kind that an admin page shows."""

    category: Category
    example: Example
    version: ModelVersion
    prediction: Prediction
    feedback: Feedback
    api_key: ApiKey
    job: Job
    failure: Failure
    group: Group
    merchant: Merchant
    tag: MerchantTag
    rule: Rule


@pytest.fixture
def staff(client: Client, admin_user: User) -> Client:
    """A superuser's browser."""
    client.force_login(admin_user)
    return client


def classify(*texts: str, user_id: str = "", transaction_id: str = "") -> list[Prediction]:
    answers = classify_transactions(
        [TransactionRequest(text, user_id=user_id, transaction_id=transaction_id) for text in texts]
    )
    return [Prediction.objects.get(pk=answer.prediction_id) for answer in answers]


def fail_a_task(name: str) -> Failure:
    now = timezone.now()
    return Failure.objects.create(
        id=name, name=name, func="classifier.tasks.run_job", started=now, stopped=now,
        result="It broke.", success=False,
    )  # fmt: skip


@pytest.fixture
def rows(active_version: ModelVersion, admin_user: User) -> Rows:
    example = Example.objects.select_related("category__parent").order_by("id")[0]
    (prediction,) = classify(example.text, user_id="u1", transaction_id="t1")
    (feedback,) = record_feedback(
        [FeedbackItem(prediction_id=prediction.id, category="groceries", user_id="u1")]
    ).rows
    tag, _ = MerchantTag.objects.get_or_create(tag="shop=bakery", defaults={"words": "bread"})
    merchant = Merchant(name="Zorblax", aliases=["ZORBLAX INC"], category=example.category)
    save_own_merchant(merchant)
    Prediction.objects.filter(pk=prediction.pk).update(merchant=merchant)
    api_key, _ = create_api_key("mobile app", ["classify"])
    job = Job.objects.create(kind=Job.Kind.BUILD_VERSION, started_by=admin_user)
    return Rows(
        category=example.category,
        example=example,
        version=active_version,
        prediction=prediction,
        feedback=feedback,
        api_key=api_key,
        job=job,
        failure=fail_a_task("failed"),
        group=Group.objects.create(name="analysts"),
        merchant=merchant,
        tag=tag,
        rule=Rule.objects.create(
            kind=Rule.Kind.EXACT, pattern="zorblax cards", category=example.category
        ),
    )
