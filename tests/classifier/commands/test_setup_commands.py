"""The commands that set an installation up, each of which can be run again."""

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from pytest_django import Settings
from rest_framework.test import APIClient

from classifier.models import (
    Activation,
    ApiKey,
    Example,
    Merchant,
    ModelVersion,
    PerformanceTargets,
)
from classifier.services.targets import performance_targets
from classifier.services.versions import build_version, is_whole
from tests.artifacts import lose, lose_copies, put_store_away

pytestmark = pytest.mark.django_db


def run(name: str, *arguments: str, **options: object) -> str:
    out = StringIO()
    call_command(name, *arguments, stdout=out, **options)
    return out.getvalue()


def test_bootstrap_shows_login_and_key_once_and_they_work(active_version: ModelVersion) -> None:
    lines = run("bootstrap").splitlines()
    assert len(lines) == 2
    name, password = lines[0].removeprefix("Admin login: ").split("   ")[0].split(" / ")
    key = lines[1].removeprefix("API key: ").split("   ")[0]
    user = User.objects.get(username=name)
    assert user.is_superuser
    assert user.check_password(password)
    assert password not in user.password
    row = ApiKey.objects.get()
    assert key not in (row.id, row.hashed_key)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {key}")
    answer = client.post("/api/v1/classify", {"transactions": [{"description": "NETFLIX.COM"}]})
    assert answer.status_code == 200
    assert run("bootstrap") == ""
    assert (User.objects.count(), ApiKey.objects.count()) == (1, 1)


def test_bootstrap_builds_nothing_where_a_version_is_live(active_version: ModelVersion) -> None:
    run("bootstrap")
    assert ModelVersion.objects.get() == active_version


def test_bootstrap_activates_where_nothing_is_live(active_version: ModelVersion) -> None:
    Activation.objects.all().delete()
    ModelVersion.objects.update(status=ModelVersion.Status.CANDIDATE)
    run("bootstrap")
    assert ModelVersion.objects.active().get() == active_version


def test_bootstrap_builds_again_what_was_lost(active_version: ModelVersion) -> None:
    Example.objects.exclude(category__slug__in=["groceries", "coffee-shops"]).delete()
    version, _ = build_version()
    run("activate_version", version.name, "--override", "few categories are enough here")
    lost = ModelVersion.objects.active().get()
    lose(lost)
    run("bootstrap")
    assert is_whole(ModelVersion.objects.active().get())


def test_bootstrap_builds_nothing_where_the_store_cannot_say_whether_all_is_whole(
    active_version: ModelVersion, settings: Settings
) -> None:
    lose_copies(active_version)
    put_store_away(settings)
    with pytest.raises(CommandError, match=r"manifest\.json cannot be fetched: .* AwayError"):
        run("bootstrap")
    assert ModelVersion.objects.get() == active_version
    assert not User.objects.exists()


def test_a_key_is_printed_alone() -> None:
    out = run("create_api_key", "shop", "--scopes", "classify,feedback")
    key = out.strip()
    assert out == f"{key}\n"
    row = ApiKey.objects.get()
    assert row.is_valid(key)
    assert (row.name, row.scopes, row.expiry_date) == ("shop", ["classify", "feedback"], None)


def test_a_key_can_expire() -> None:
    run("create_api_key", "shop", "--days", "30")
    assert ApiKey.objects.get().expiry_date is not None


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["shop", "--scopes", "classify,everything"], "everything"),
        (["shop", "--scopes", ","], "scopes"),
        (["  "], "name"),
        (["shop", "--days", "0"], "--days"),
    ],
)
def test_a_key_that_cannot_be_made_says_why(arguments: list[str], reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        run("create_api_key", *arguments)
    assert not ApiKey.objects.exists()


def test_building_without_news_says_so(active_version: ModelVersion) -> None:
    out = run("build_version", activate=True)
    assert f"Nothing has changed since {active_version}" in out
    assert f"{active_version} was live already" in out


def test_an_old_version_is_made_live_again_by_name(active_version: ModelVersion) -> None:
    version, _ = build_version(force=True)
    assert f"{version} is live" in run("activate_version", version.name, "--reason", "trial")
    assert f"{active_version} is live" in run("activate_version", active_version.name)
    reasons = list(Activation.objects.values_list("reason", flat=True))
    assert reasons[:2] == ["", "trial"]


@pytest.mark.parametrize("command", ["activate_version", "retire_version"])
def test_an_unknown_version_is_refused(command: str) -> None:
    with pytest.raises(CommandError, match="No version is called “v99”"):
        run(command, "v99")


def test_activating_says_how_the_version_does_against_the_targets(
    active_version: ModelVersion,
) -> None:
    version, _ = build_version(force=True)
    out = run("activate_version", version.name)
    assert f"Met: Out-of-sample accuracy {100 * version.accuracy:.4g}%, wanted at least" in out
    assert "Met: Decisions changed 0%" in out
    assert "Cannot say: p95 latency. Its encoder has not been benchmarked." in out


def test_a_version_that_misses_a_target_needs_a_reason(active_version: ModelVersion) -> None:
    version, _ = build_version(force=True)
    performance_targets()
    PerformanceTargets.objects.update(min_accuracy=0.99)
    with pytest.raises(CommandError, match=f"{version} misses: Out-of-sample accuracy"):
        run("activate_version", version.name)
    assert ModelVersion.objects.active().get() == active_version
    run("activate_version", version.name, "--override", "the fair is today")
    assert Activation.objects.all()[0].reason == "the fair is today"


def test_the_version_before_is_made_live_again(active_version: ModelVersion) -> None:
    version, _ = build_version(force=True)
    run("activate_version", version.name)
    out = run("roll_back", "--reason", "wrong coffee")
    assert out == f"{active_version} is live, in place of {version}.\n"
    assert Activation.objects.all()[0].reason == "wrong coffee"
    with pytest.raises(CommandError, match=f"No version served before {active_version}"):
        run("roll_back")


def test_a_version_is_retired_by_name(active_version: ModelVersion) -> None:
    version, _ = build_version(force=True)
    assert run("retire_version", version.name, "--reason", "x") == f"{version} is retired.\n"
    assert run("retire_version", version.name) == f"{version} was already retired.\n"
    with pytest.raises(CommandError, match="serves now"):
        run("retire_version", active_version.name)


def test_seeding_again_says_that_nothing_was_added() -> None:
    assert run("seed_categories") == "Added 0 categories and 0 examples.\n"


def test_loading_merchants_again_says_that_nothing_changed() -> None:
    assert run("load_merchants") == "The merchants are as the table says.\n"


def test_bootstrap_brings_a_new_table_of_merchants_to_what_serves(
    active_version: ModelVersion,
) -> None:
    lost = Merchant.objects.built_in().earliest("id")
    Merchant.objects.filter(pk=lost.pk)._raw_delete(using="default")
    assert run("bootstrap").startswith("Added 1 merchants and 0 kinds, changed 0 and 0")
    assert Merchant.objects.get(key=lost.key).name == lost.name
    assert ModelVersion.objects.get() == active_version


@pytest.mark.parametrize("days", ["0", "-1", "36501", "99999999999999"])
def test_a_key_for_a_number_of_days_that_no_calendar_has_is_refused(days: str) -> None:
    with pytest.raises(CommandError, match="--days: expected a number from 1 to 36,500"):
        run("create_api_key", "x", "--days", days)
    assert not ApiKey.objects.exists()
