"""Building and activating versions from the admin."""

from html import unescape

import pytest
from django.contrib.auth.models import User
from django.db.models import ProtectedError
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from classifier.admin.cells import change_url
from classifier.models import Activation, Category, Example, Job, ModelVersion
from classifier.services.activations import activate_version
from classifier.services.versions import build_version
from tests.classifier.admin.conftest import Make
from tests.rows import copy_of, waiting_judgement

BUILD = "admin:classifier_modelversion_build"


@pytest.fixture
def candidate(active_version: ModelVersion) -> ModelVersion:
    """A real version, built after one more example."""
    Example.objects.create(
        category=Category.objects.get(slug="coffee-shops"), text="SQ *ZORBLAX 0423"
    )
    version, is_new = build_version()
    assert is_new
    return version


@pytest.fixture
def broken(active_version: ModelVersion) -> ModelVersion:
    """A version whose files are not there."""
    status = ModelVersion.Status.CANDIDATE
    return copy_of(active_version, name="broken", status=status, manifest_digest="0" * 64)


def activate_url(version: ModelVersion) -> str:
    return reverse("admin:classifier_modelversion_activate", args=[version.pk])


def test_the_confirmation_shows_what_serves_and_what_will(
    staff: Client, active_version: ModelVersion, candidate: ModelVersion
) -> None:
    page = staff.get(activate_url(candidate)).content.decode()
    # The page's random token may hold so short a name too.
    serving, will_serve = page.split("Serves now")[1].split("Will serve")
    assert active_version.name in serving
    assert candidate.name in will_serve
    assert not Activation.objects.filter(to_version=candidate).exists()


def test_activating_writes_who_when_from_to_and_why(
    staff: Client, active_version: ModelVersion, candidate: ModelVersion
) -> None:
    page = staff.post(activate_url(candidate), {"reason": "knows coffee"}, follow=True)
    assert f"{candidate} is active" in page.content.decode()
    activation = Activation.objects.all()[0]
    assert (activation.from_version, activation.to_version) == (active_version, candidate)
    assert activation.by is not None
    assert (activation.by.username, activation.reason) == ("ada", "knows coffee")
    assert ModelVersion.objects.active().get() == candidate


def test_a_version_with_missing_files_is_not_activated_and_the_reason_is_told(
    staff: Client, active_version: ModelVersion, broken: ModelVersion
) -> None:
    page = staff.post(activate_url(broken), follow=True).content.decode()
    assert "Not activated." in page
    assert ModelVersion.objects.active().get() == active_version


def test_activating_needs_its_own_permission(
    client: Client, make_staff: Make, active_version: ModelVersion, broken: ModelVersion
) -> None:
    client.force_login(make_staff("classifier.view_modelversion"))
    assert client.post(activate_url(broken)).status_code == 403
    assert activate_url(broken) not in client.get(change_url(broken)).content.decode()
    assert ModelVersion.objects.active().get() == active_version


def test_the_active_version_has_no_button_to_activate_it(
    staff: Client, active_version: ModelVersion, broken: ModelVersion
) -> None:
    assert activate_url(broken) in staff.get(change_url(broken)).content.decode()
    assert (
        activate_url(active_version) not in staff.get(change_url(active_version)).content.decode()
    )


def test_the_figures_are_told_in_words(staff: Client, active_version: ModelVersion) -> None:
    page = staff.get(change_url(active_version)).content.decode()
    assert f"{100 * active_version.accuracy:.1f}%" in page
    assert "confidence ≥" in page
    assert "Categories, worst first" in page
    assert "texts whose detailed category is unsure, " in page
    worst = active_version.prototypes.order_by("recall").first()
    assert worst is not None
    assert str(worst.category) in page


def test_building_is_asked_and_then_queued(
    staff: Client, db: None, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    assert staff.get(reverse(BUILD)).status_code == 200
    assert not Job.objects.exists()
    with django_capture_on_commit_callbacks() as queued:
        response = staff.post(reverse(BUILD), follow=True)
    job = Job.objects.get()
    assert len(queued) == 1
    assert job.status == Job.Status.QUEUED
    assert job.started_by is not None
    assert job.started_by.username == "ada"
    assert change_url(job) in response.content.decode()


def test_two_builds_at_once_are_refused(staff: Client, db: None) -> None:
    staff.post(reverse(BUILD))
    page = staff.post(reverse(BUILD), follow=True).content.decode()
    assert "is not finished yet" in page
    assert Job.objects.count() == 1


def test_learning_is_asked_and_then_queued(staff: Client, admin_user: User) -> None:
    url = reverse("admin:classifier_modelversion_learn")
    assert "waits for a person, who activates it" in staff.get(url).content.decode()
    assert not Job.objects.exists()
    page = staff.post(url, follow=True).content.decode()
    job = Job.objects.get()
    assert (job.kind, job.started_by) == (Job.Kind.LEARN, admin_user)
    assert change_url(job) in page


def test_a_judgement_is_told_with_its_interval_and_what_followed(
    staff: Client, active_version: ModelVersion
) -> None:
    version, _ = build_version(force=True)
    waiting_judgement(version, active_version, "The learning policy leaves activation to a person.")
    page = unescape(staff.get(change_url(version)).content.decode())
    assert f"Judged against {active_version}" in page
    assert "+1.00 points of accuracy on 1,000 texts that neither had seen" in page
    assert "(95% interval -0.40 to +2.40)" in page
    assert "Right: 810 and 800; 30 this one alone, 20 v1 alone." in page
    assert "It waits. The learning policy leaves activation to a person." in page


def test_building_needs_its_own_permission(client: Client, make_staff: Make, db: None) -> None:
    client.force_login(make_staff("classifier.view_modelversion"))
    assert client.post(reverse(BUILD)).status_code == 403
    assert not Job.objects.exists()


def test_who_activated_stays_known(staff: Client, admin_user: User) -> None:
    """An account is switched off, not deleted."""
    version, _ = build_version(force=True)
    activate_version(version, by=admin_user)
    url = reverse("admin:auth_user_delete", args=[admin_user.pk])
    assert staff.post(url, {"post": "yes"}).status_code == 403
    with pytest.raises(ProtectedError):
        admin_user.delete()
