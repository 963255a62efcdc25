"""The buttons that decide what serves: each asks, shows what it will do, and acts on a POST."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from classifier.admin.cells import change_url
from classifier.models import (
    Activation,
    Job,
    ModelVersion,
    PerformanceTargets,
    Retirement,
    VersionComparison,
)
from classifier.services.activations import activate_version, retire_version
from classifier.services.targets import performance_targets
from tests.artifacts import lose_copies, put_store_away
from tests.classifier.admin.conftest import Make
from tests.rows import copy_of

Status = ModelVersion.Status
ROLL_BACK = "admin:classifier_modelversion_roll_back"
MAY_ACTIVATE = ("classifier.view_modelversion", "classifier.activate_modelversion")


@pytest.fixture
def candidate(active_version: ModelVersion) -> ModelVersion:
    return copy_of(active_version, name="candidate-x", status=Status.CANDIDATE)


@pytest.fixture
def served(active_version: ModelVersion) -> list[ModelVersion]:
    """Two versions; the second serves in place of the first."""
    second = copy_of(active_version, name="second-y", status=Status.CANDIDATE)
    activate_version(second)
    return [ModelVersion.objects.get(pk=active_version.pk), second]


@pytest.fixture
def out_of_reach() -> None:
    performance_targets()
    PerformanceTargets.objects.update(min_accuracy=0.99)


@pytest.fixture
def operator(client: Client, make_staff: Make) -> Client:
    """May activate, and is no superuser."""
    client.force_login(make_staff(*MAY_ACTIVATE))
    return client


def url_of(act: str, version: ModelVersion) -> str:
    return reverse(f"admin:classifier_modelversion_{act}", args=[version.pk])


def page_of(client: Client, url: str) -> str:
    return client.get(url).content.decode()


def told(page: str) -> dict[str, str]:
    """What the form knows of the moment at which it was made, as it is sent back."""
    return dict(re.findall(r'<input type="hidden" name="(seen|to)" value="(\d+)"', page))


def test_the_page_of_a_version_shows_each_target_in_words(
    staff: Client, candidate: ModelVersion, out_of_reach: None
) -> None:
    table = page_of(staff, change_url(candidate)).split("Performance targets")[1]
    for words in ("at least 99%", "Missed", "Met", "Cannot say", "has not been benchmarked"):
        assert words in table


def test_the_list_shows_how_each_version_does(
    staff: Client, active_version: ModelVersion, candidate: ModelVersion
) -> None:
    url = reverse("admin:classifier_modelversion_changelist")
    assert "Cannot say 3" in page_of(staff, url)
    targets = performance_targets()
    for key in ("max_p95_latency_ms", "min_throughput", "max_memory_mb", "max_decisions_changed"):
        setattr(targets, key, None)
    targets.save()
    assert "Meets all" in page_of(staff, url)
    PerformanceTargets.objects.update(min_accuracy=0.99)
    assert "Misses 1" in page_of(staff, url)


def test_a_superuser_is_asked_why_a_version_that_misses_targets_goes_live(
    staff: Client, candidate: ModelVersion, out_of_reach: None
) -> None:
    url = url_of("activate", candidate)
    page = page_of(staff, url)
    assert f"{candidate} misses targets: out-of-sample accuracy." in page
    assert "Why it goes live all the same" in page
    refused = staff.post(url, {"reason": "  "})
    assert "This field is required" in refused.content.decode()
    assert ModelVersion.objects.active().get() != candidate
    staff.post(url, {"reason": "the fair is today"})
    activation = Activation.objects.all()[0]
    assert (activation.to_version, activation.reason) == (candidate, "the fair is today")
    assert len(activation.missed_targets) == 1


def test_others_are_told_why_not_and_have_no_button(
    operator: Client, candidate: ModelVersion, out_of_reach: None
) -> None:
    url = url_of("activate", candidate)
    page = page_of(operator, url)
    assert f"{candidate} misses targets: out-of-sample accuracy. A superuser may" in page
    assert "at least 99%" in page
    assert 'name="reason"' not in page
    operator.post(url, {"reason": "please"})
    assert ModelVersion.objects.active().get() != candidate


def test_the_page_is_shown_while_the_store_is_away_and_still_asks_why(
    staff: Client,
    active_version: ModelVersion,
    candidate: ModelVersion,
    out_of_reach: None,
    settings: Settings,
) -> None:
    lose_copies(active_version)
    put_store_away(settings)
    response = staff.get(url_of("activate", candidate))
    assert response.status_code == 200
    assert "Why it goes live all the same" in response.content.decode()


def test_others_activate_what_meets_the_targets(operator: Client, candidate: ModelVersion) -> None:
    operator.post(url_of("activate", candidate), {"reason": "knows coffee"})
    assert ModelVersion.objects.active().get() == candidate


def test_targets_that_were_raised_meanwhile_hold_it_back(
    operator: Client, candidate: ModelVersion
) -> None:
    url = url_of("activate", candidate)
    page = page_of(operator, url)
    performance_targets()
    PerformanceTargets.objects.update(min_accuracy=0.99)
    after = operator.post(url, {"reason": "", **told(page)}).content.decode()
    assert "misses targets" in after
    assert ModelVersion.objects.active().get() != candidate


@pytest.mark.parametrize("act", ["activate", "roll_back"])
def test_an_activation_by_another_is_not_overruled_by_a_page_that_is_older(
    act: str, staff: Client, served: list[ModelVersion], candidate: ModelVersion
) -> None:
    url = url_of("activate", candidate) if act == "activate" else reverse(ROLL_BACK)
    known = told(page_of(staff, url))
    other = copy_of(candidate, name="other-z")
    activate_version(other)
    page = staff.post(url, {"reason": "", **known}, follow=True).content.decode()
    assert "look again" in page
    assert ModelVersion.objects.active().get() == other


def test_rolling_back_shows_from_and_to_and_then_does_it(
    staff: Client, served: list[ModelVersion]
) -> None:
    first, second = served
    page = page_of(staff, reverse(ROLL_BACK))
    assert f"Roll back from {second} to {first}" in page
    staff.post(reverse(ROLL_BACK), {"reason": "wrong coffee", **told(page)})
    activation = Activation.objects.all()[0]
    assert (activation.kind, activation.reason) == (Activation.Kind.ROLLBACK, "wrong coffee")
    assert activation.by is not None
    assert ModelVersion.objects.active().get() == first
    assert f"No version served before {first}" in page_of(staff, reverse(ROLL_BACK))


def test_a_rollback_goes_where_the_page_said_or_nowhere(
    staff: Client, served: list[ModelVersion], candidate: ModelVersion
) -> None:
    activate_version(candidate)
    known = told(page_of(staff, reverse(ROLL_BACK)))
    retire_version(ModelVersion.objects.get(pk=served[1].pk))
    page = staff.post(reverse(ROLL_BACK), {"reason": "", **known}, follow=True).content.decode()
    assert f"The version before is {served[0]} now; look again." in page
    assert ModelVersion.objects.active().get() == candidate


def test_rolling_back_is_offered_on_the_list_and_by_the_version_that_serves(
    staff: Client, served: list[ModelVersion]
) -> None:
    first, second = served
    assert reverse(ROLL_BACK) in page_of(staff, reverse("admin:classifier_modelversion_changelist"))
    assert url_of("roll_back_from", second) in page_of(staff, change_url(second))
    assert url_of("roll_back_from", first) not in page_of(staff, change_url(first))
    assert f"to {first}" in page_of(staff, url_of("roll_back_from", second))
    assert staff.get(url_of("roll_back_from", first)).status_code == 404
    url = url_of("roll_back_from", second)
    staff.post(url, {"reason": "", **told(page_of(staff, url))})
    assert ModelVersion.objects.active().get() == first


def test_retiring_asks_and_keeps_who_and_why(staff: Client, candidate: ModelVersion) -> None:
    url = url_of("retire", candidate)
    assert url in page_of(staff, change_url(candidate))
    assert "activates it by name" in page_of(staff, url)
    assert not Retirement.objects.exists()
    staff.post(url, {"reason": "built from a bad import"})
    retirement = Retirement.objects.get()
    assert retirement.by is not None
    shown = f"by {retirement.by}"
    for page in (change_url(candidate), reverse("admin:classifier_modelversion_changelist")):
        status = page_of(staff, page).split(shown)[1][:200]
        assert "built from a bad import" in status
    assert url not in page_of(staff, change_url(candidate))
    assert url_of("activate", candidate) in page_of(staff, change_url(candidate))
    again = page_of(staff, url_of("activate", candidate))
    assert f"It was retired by {retirement.by}: built from a bad import" in again


def test_the_version_that_serves_is_neither_retired_nor_compared(
    staff: Client, active_version: ModelVersion
) -> None:
    page = page_of(staff, change_url(active_version))
    for act in ("retire", "compare"):
        url = url_of(act, active_version)
        assert url not in page
        staff.post(url, {"reason": "x"})
    assert ModelVersion.objects.active().get() == active_version
    assert not Job.objects.exists()


def test_comparing_is_asked_and_then_queued(staff: Client, candidate: ModelVersion) -> None:
    url = url_of("compare", candidate)
    assert url in page_of(staff, change_url(candidate))
    assert "counts the answers that differ" in page_of(staff, url)
    assert not Job.objects.exists()
    response = staff.post(url)
    job = Job.objects.get()
    assert response["Location"] == change_url(job)
    assert (job.kind, job.parameters) == (Job.Kind.COMPARE_VERSION, {"version": candidate.pk})
    again = staff.post(url, follow=True).content.decode()
    assert f"{job} is not finished yet" in again


def test_a_comparison_is_shown_with_samples(
    staff: Client, active_version: ModelVersion, candidate: ModelVersion
) -> None:
    compare(candidate, active_version)
    page = page_of(staff, change_url(candidate))
    assert f"Answers compared with {active_version}" in page
    assert "15 of 1,000 texts of real predictions" in page
    assert "1.5% (95% interval 0.9 to 2.5%)" in page
    for words in ("corner bakery", "Food and drink › Coffee", "no category"):
        assert words in page
    assert "is not active any more" not in page
    activate_version(copy_of(candidate, name="other-z"))
    assert f"{active_version} is not active any more: compare again" in page_of(
        staff, change_url(candidate)
    )


def test_samples_are_for_those_who_may_see_predictions(
    client: Client,
    make_staff: Callable[..., User],
    active_version: ModelVersion,
    candidate: ModelVersion,
) -> None:
    compare(candidate, active_version)
    client.force_login(make_staff("classifier.view_modelversion"))
    page = page_of(client, change_url(candidate))
    assert "15 of 1,000 texts" in page
    assert "corner bakery" not in page


@pytest.mark.parametrize("act", ["activate", "compare", "retire", "roll_back_from"])
def test_each_act_needs_its_permission(
    act: str, client: Client, make_staff: Make, served: list[ModelVersion], candidate: ModelVersion
) -> None:
    version = served[1] if act == "roll_back_from" else candidate
    client.force_login(make_staff("classifier.view_modelversion"))
    assert url_of(act, version) not in page_of(client, change_url(version))
    assert client.post(url_of(act, version)).status_code == 403
    assert client.post(reverse(ROLL_BACK)).status_code == 403
    assert ModelVersion.objects.active().get() == served[1]
    assert not Retirement.objects.exists()
    assert not Job.objects.exists()


def compare(version: ModelVersion, against: ModelVersion) -> None:
    VersionComparison.objects.create(
        version=version,
        against=against,
        source=VersionComparison.Source.PREDICTIONS,
        texts=1000,
        changed=15,
        changed_low=0.0091,
        changed_high=0.0246,
        samples=[
            {"text": "corner bakery", "before": "Food and drink › Coffee", "after": None},
        ],
    )


def test_a_version_that_was_retired_can_be_retired_by_nobody_twice(
    staff: Client, candidate: ModelVersion
) -> None:
    retire_version(candidate)
    page = staff.post(url_of("retire", candidate), {"reason": "x"}, follow=True)
    assert "was retired already" in page.content.decode()
    assert Retirement.objects.count() == 1
