"""The power calculator: units and days by the traffic that there is, or why they cannot be said."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from classifier.models import Category, Feedback, ModelVersion, Prediction
from experiments.models import Experiment, Metric
from tests.experiments.admin.conftest import page_of, url_of

PLAN = reverse("admin:experiments_experiment_plan")
USERS = 400
ASKED = {
    "split": "user", "method": "fixed", "traffic_share": "0.5", "expected_effect": "0.2",
    "variants-0-weight": "0.5", "variants-1-weight": "0.5",
}  # fmt: skip


@pytest.fixture
def traffic(active_version: ModelVersion) -> list[Prediction]:
    """Of each of 400 users four answers, a quarter of them abstentions, over 20 days."""
    category = Category.objects.detailed()[0]
    now = timezone.now()
    rows = [
        Prediction(
            user_id=f"u{user}", description="x", canonical_text="x", version=active_version,
            category=None if (user * 7 + number) % 4 == 0 else category,
            level="abstain" if (user * 7 + number) % 4 == 0 else "high",
            confidence=0.5 + user / 1000, is_cached=False, latency_ms=10 + user % 7,
        )
        for user in range(USERS)
        for number in range(4)
    ]  # fmt: skip
    made = Prediction.objects.bulk_create(rows)
    for place, row in enumerate(made):
        row.created_at = now - timedelta(days=20) * (1 - place / len(made))
    Prediction.objects.bulk_update(made, ["created_at"])
    return made


def plan(client: Client, metric: str = "abstention-rate", **changes: Any) -> str:
    asked = {**ASKED, "primary_metric": Metric.objects.get(key=metric).pk, **changes}
    response = client.get(PLAN, asked)
    assert response.status_code == 200
    return response.content.decode()


def test_units_and_days_are_told(operator: Client, traffic: list[Prediction]) -> None:
    page = plan(operator, "confidence", expected_effect="0.1")
    for words in ("Units needed in each variant", "Days at the present traffic", "to find a "
                  "difference of 10% of the control in 80 of 100 cases", "50% of them take part",
                  "With all of the traffic it would take"):  # fmt: skip
        assert words in page
    assert f"{USERS} in 21 days" in page or f"{USERS} in 20 days" in page


def test_it_stands_on_the_page_of_a_draft_and_of_its_start(
    operator: Client, traffic: list[Prediction], draft: Experiment
) -> None:
    Experiment.objects.filter(pk=draft.pk).update(
        primary_metric=Metric.objects.get(key="confidence"), expected_effect=0.1
    )
    for act in ("change", "start"):
        assert "Days at the present traffic" in page_of(operator, url_of(act, draft))
    form = operator.get(url_of("start", draft)).context["form"]
    assert form["planned_units"].value() > 1


@pytest.mark.parametrize(
    "changes",
    [{"method": "sequential"}, {"method": "group_sequential", "looks": "5"}, {"method": "fixed"},
     {"variants-0-weight": "0.8", "variants-1-weight": "0.1", "variants-2-weight": "0.1"}],
)  # fmt: skip
def test_each_method_and_any_weights_can_be_planned(
    operator: Client, traffic: list[Prediction], changes: dict[str, str]
) -> None:
    assert "Units needed in each variant" in plan(operator, "confidence", **changes)


def test_a_smaller_effect_takes_more(operator: Client, traffic: list[Prediction]) -> None:
    def units(effect: str) -> int:
        page = plan(operator, "confidence", expected_effect=effect)
        told = page.split("Units needed in each variant</dt>")[1].split("</dd>")[0]
        return int(told.split(">")[-1].replace(",", ""))

    assert units("0.05") > 3 * units("0.1")


@pytest.mark.parametrize(
    ("metric", "changes", "reason"),
    [
        ("latency-p95", {}, "Nothing can be planned with a quantile"),
        ("error-rate", {}, "Engine failures are counted within experiments alone"),
        ("abstention-rate", {"split": "time"}, "A split by time is judged by its blocks"),
        ("accuracy-feedback", {}, "Nothing was measured yet."),
    ],
)
def test_what_cannot_be_said_says_why(
    operator: Client,
    traffic: list[Prediction],
    metric: str,
    changes: dict[str, str],
    reason: str,
) -> None:
    page = plan(operator, metric, **changes)
    assert "Cannot say" in page
    assert reason in page


def test_without_traffic_nothing_can_be_said(operator: Client, active_version: Any) -> None:
    assert "No users in the last 28 days" in plan(operator)
    assert "No requests in the last 28 days" in plan(operator, split="random")


def test_requests_are_counted_where_they_are_split(
    operator: Client, traffic: list[Prediction]
) -> None:
    assert "1,600 in 21 days" in plan(operator, "confidence", split="random").replace(
        "in 20 days", "in 21 days"
    )


def test_feedback_is_planned_with_by_the_users_who_give_it(
    operator: Client, traffic: list[Prediction]
) -> None:
    answered = [row for row in traffic if row.category_id is not None][:900]
    Feedback.objects.bulk_create(
        Feedback(prediction=row, is_correct=place % 9 != 0, user_id=row.user_id)
        for place, row in enumerate(answered)
    )
    page = plan(operator, "accuracy-feedback", expected_effect="0.05")
    assert "88.89%" in page
    assert "75% of the users have a value of Accuracy from feedback." in page
    page = plan(operator, "correction-rate")
    assert f"{100 * 100 / 1600:.2f}%" in page


@pytest.mark.parametrize(
    "changes",
    [{"primary_metric": "987"}, {"traffic_share": "2"}, {"expected_effect": ""}, {"split": "x"},
     {"traffic_share": "nan"}, {"method": ""}],
)  # fmt: skip
def test_what_is_missing_in_the_form_is_said(
    operator: Client, active_version: ModelVersion, changes: dict[str, str]
) -> None:
    assert "It cannot be calculated as it is:" in plan(operator, **changes)


def test_weights_that_are_none_are_passed_over(operator: Client, traffic: list[Prediction]) -> None:
    odd = {"variants-0-weight": "nan", "variants-1-weight": "half", "variants-2-weight": "-1"}
    assert "Units needed" in plan(operator, "confidence", **odd)


def test_an_effect_that_no_share_can_have_is_refused_in_words(
    operator: Client, traffic: list[Prediction]
) -> None:
    Prediction.objects.filter(pk__in=[UUID(str(row.pk)) for row in traffic]).update(user_id="")
    page = plan(operator, split="random", expected_effect="5")
    assert "Choose a smaller effect." in page


def test_of_less_than_a_day_nothing_more_is_said_than_was_seen(
    operator: Client, traffic: list[Prediction]
) -> None:
    Prediction.objects.update(created_at=timezone.now() - timedelta(hours=2))
    assert f"At least {USERS} users come a day; 50% of them take part." in plan(
        operator, "confidence"
    )
