"""API keys: shown once, kept as a hash, revoked."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework_api_key.models import APIKey

from classifier.admin.cells import change_url
from classifier.models import ApiKey
from classifier.services.api_keys import create_api_key, find_usable_key
from tests.classifier.admin.conftest import Make

ADD = "admin:classifier_apikey_add"
FORM = {"name": "mobile app", "scopes": ["classify", "curate"]}


def revoke_url(row: ApiKey) -> str:
    return change_url(row).replace("/change/", "/revoke/")


@pytest.fixture
def row(db: None) -> ApiKey:
    made, _ = create_api_key("mobile app", ["classify"])
    return made


def test_a_new_key_is_shown_once_and_works(staff: Client, db: None) -> None:
    page = staff.post(reverse(ADD), FORM, follow=True).content.decode()
    shown = re.search(r"<code class='api-key'>([^<]+)</code>", page)
    assert shown
    key = shown.group(1)
    found = find_usable_key(key)
    assert found is not None
    assert (found.name, found.scopes) == ("mobile app", ["classify", "curate"])
    secret = key.partition(".")[2]
    assert secret not in staff.get(reverse("admin:classifier_apikey_changelist")).content.decode()
    assert secret not in staff.get(change_url(found)).content.decode()


def test_only_a_hash_is_stored(staff: Client, db: None) -> None:
    page = staff.post(reverse(ADD), FORM, follow=True).content.decode()
    shown = re.search(r"<code class='api-key'>([^<]+)</code>", page)
    assert shown
    secret = shown.group(1).partition(".")[2]
    stored = ApiKey.objects.values_list("id", "prefix", "hashed_key", "name").get()
    assert all(secret not in value for value in stored)


def test_a_key_needs_a_scope_and_a_future(staff: Client, db: None) -> None:
    form = {"name": "x", "expiry_date_0": "2001-01-01", "expiry_date_1": "00:00"}
    errors = staff.post(reverse(ADD), form).context["errors"]
    assert [list(error) for error in errors] == [
        ["This field is required."],
        ["This time has passed."],
    ]
    assert not ApiKey.objects.exists()


def test_revoking_is_asked_and_then_done(staff: Client, db: None) -> None:
    row, key = create_api_key("mobile app", ["classify"])
    assert "Revoke it" in staff.get(revoke_url(row)).content.decode()
    assert find_usable_key(key) is not None
    assert "is revoked" in staff.post(revoke_url(row), follow=True).content.decode()
    assert find_usable_key(key) is None


def test_a_revoked_key_is_read_only(staff: Client, row: ApiKey) -> None:
    staff.post(revoke_url(row))
    assert staff.post(change_url(row), FORM).status_code == 403
    assert revoke_url(row) not in staff.get(change_url(row)).content.decode()


def test_revoking_needs_the_permission_to_change(
    client: Client, make_staff: Make, row: ApiKey
) -> None:
    client.force_login(make_staff("classifier.view_apikey"))
    assert client.post(revoke_url(row)).status_code == 403
    row.refresh_from_db()
    assert not row.revoked


def test_no_form_reaches_the_hash(staff: Client, row: ApiKey) -> None:
    before = row.hashed_key
    staff.post(change_url(row), {**FORM, "hashed_key": "other", "prefix": "other"})
    row.refresh_from_db()
    assert (row.hashed_key, row.scopes) == (before, ["classify", "curate"])


def test_the_packages_own_table_is_not_shown(staff: Client) -> None:
    from django.contrib import admin

    assert not admin.site.is_registered(APIKey)
