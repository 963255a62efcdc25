"""A draft is stored whole and right, or not at all, and what is wrong is said by name."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from classifier.admin.cells import change_url
from classifier.exceptions import ConflictError
from classifier.models import ModelVersion, Retirement
from experiments.models import Experiment, ExperimentEvent, Metric, Variant
from experiments.services.drafts import lock_draft
from tests.experiments.admin.conftest import form_of, new_form, page_of
from tests.experiments.reports import make_experiment
from tests.rows import copy_of

ADD = reverse("admin:experiments_experiment_add")


def refused(client: Client, **changes: Any) -> str:
    """The page that a form comes back on; nothing of it is stored."""
    response = client.post(ADD, new_form(**changes))
    assert response.status_code == 200
    assert not Experiment.objects.exists()
    assert not Variant.objects.exists()
    assert not ExperimentEvent.objects.exists()
    return response.content.decode()


def metric(key: str) -> Metric:
    return Metric.objects.get(key=key)


def test_a_draft_is_stored_with_its_variants_and_who_made_it(
    staff: Client, admin_user: User, active_version: ModelVersion
) -> None:
    response = staff.post(ADD, new_form(secondary_metrics=[metric("confidence").pk]))
    assert response.status_code == 302
    experiment = Experiment.objects.get()
    assert (experiment.status, experiment.created_by) == (Experiment.Status.DRAFT, admin_user)
    assert {variant.key for variant in experiment.variants.all()} == {"control", "candidate"}
    assert experiment.control.key == "control"
    event = experiment.events.get()
    assert (event.kind, event.by) == (ExperimentEvent.Kind.CREATED, admin_user)


def test_it_begins_with_what_serves_against_another(
    staff: Client, active_version: ModelVersion
) -> None:
    page = page_of(staff, ADD)
    assert f'<option value="{active_version.pk}" selected>' in page
    assert 'value="control"' in page
    assert 'value="candidate"' in page


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"variants-1-weight": "0.4"}, "The weights sum to 0.9, not to 1."),
        ({"variants-0-is_control": None}, "No variant is the control"),
        (
            {"variants-1-is_control": "on"},
            "More than one variant is the control: control, candidate.",
        ),
        ({"variants-1-key": "control"}, "More than one variant is called control."),
        ({"min_days": "30"}, "30 days are more than the greatest, 28."),
        ({"block_minutes": "120"}, "Only a split by time has blocks: leave it empty."),
        ({"split": "time"}, "Say how long a block is."),
        ({"looks": "4"}, "Only a group-sequential experiment plans its looks"),
        ({"method": "group_sequential"}, "Say how many looks are planned."),
        (
            {
                "split": "time", "block_minutes": "60", "variants-0-weight": "0.6",
                "variants-1-weight": "0.4",
            },
            "A split by time gives each variant the same weight.",
        ),
        ({"traffic_share": "1.5"}, "less than or equal to 1"),
        ({"variants-1-weight": "nan"}, "Enter a number."),
        ({"key": "no slug!"}, "valid “slug”"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_is_stored(
    staff: Client, active_version: ModelVersion, changes: dict[str, Any], message: str
) -> None:
    assert message in refused(staff, **changes)


def test_one_variant_is_too_few(staff: Client, active_version: ModelVersion) -> None:
    page = refused(staff, **{"variants-TOTAL_FORMS": 1, "variants-0-weight": "0.99"})
    assert "It needs 2 variants and has 1." in page


def test_the_primary_metric_is_no_secondary_one(
    staff: Client, active_version: ModelVersion
) -> None:
    page = refused(staff, secondary_metrics=[metric("abstention-rate").pk])
    assert "Abstention rate is the primary metric already." in page


def test_a_guard_rail_is_one_a_metric(staff: Client, active_version: ModelVersion) -> None:
    rows: dict[str, Any] = {"guardrails-TOTAL_FORMS": 2}
    for place in (0, 1):
        row = {
            "metric": metric("latency-mean").pk, "harm": "increase", "margin": "0.1",
            "action": "pause", "minimum_units": "100",
        }  # fmt: skip
        rows |= {f"guardrails-{place}-{name}": value for name, value in row.items()}
    assert "More than one guard rail is of Latency, mean: one a metric." in refused(staff, **rows)


def test_a_version_that_was_retired_by_hand_cannot_be_chosen(
    staff: Client, active_version: ModelVersion
) -> None:
    retired = copy_of(active_version, name="old", status=ModelVersion.Status.RETIRED)
    Retirement.objects.create(version=retired)
    assert "old</option>" not in page_of(staff, ADD)
    page = refused(staff, **{"variants-1-version": retired.pk})
    assert "This version is retired or not there any more." in page


def test_a_draft_whose_version_was_retired_since_names_variant_and_version(
    staff: Client, draft: Experiment
) -> None:
    variant = draft.variants.get(key="candidate")
    ModelVersion.objects.filter(pk=variant.version_id).update(status=ModelVersion.Status.RETIRED)
    Retirement.objects.create(version=variant.version)
    page = staff.post(change_url(draft), form_of(draft, staff)).content.decode()
    assert "Version candidate-x of variant candidate is retired." in page


def test_a_salt_is_used_once(staff: Client, draft: Experiment) -> None:
    page = staff.post(ADD, new_form(salt=draft.salt)).content.decode()
    assert f"{draft} has this salt: the same units would come together again." in page
    assert Experiment.objects.get() == draft


def test_a_draft_is_changed_and_deleted(staff: Client, draft: Experiment) -> None:
    changed = form_of(draft, staff, traffic_share="0.2", **{"variants-1-key": "other"})
    assert staff.post(change_url(draft), changed).status_code == 302
    draft.refresh_from_db()
    assert draft.traffic_share == 0.2
    assert draft.variants.filter(key="other").exists()
    staff.post(change_url(draft).replace("/change/", "/delete/"), {"post": "yes"})
    assert not Experiment.objects.exists()


def test_a_form_of_before_the_start_is_refused_after_it(staff: Client, draft: Experiment) -> None:
    sent = form_of(draft, staff, hypothesis="Another one.")
    Experiment.objects.filter(pk=draft.pk).update(status=Experiment.Status.RUNNING)
    page = staff.post(change_url(draft), sent, follow=True).content.decode()
    assert "was started meanwhile and is frozen: nothing is saved." in page
    draft.refresh_from_db()
    assert draft.hypothesis != "Another one."


def test_two_drafts_of_one_key_are_refused(staff: Client, active_version: ModelVersion) -> None:
    make_experiment("fresh")
    page = staff.post(ADD, new_form()).content.decode()
    assert "Experiment with this Key already exists." in page


def test_a_draft_that_was_started_under_the_hands_of_its_editor_is_not_saved(
    draft: Experiment,
) -> None:
    lock_draft(draft)
    Experiment.objects.filter(pk=draft.pk).update(status=Experiment.Status.RUNNING)
    with pytest.raises(ConflictError, match="was started meanwhile"):
        lock_draft(draft)
