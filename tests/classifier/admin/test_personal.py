"""Personal categories in the admin: looked up by user, erased by a button."""

import pytest
from django.test import Client
from django.urls import reverse

from classifier.models import Category, PersonalCategory, PersonalErasure
from classifier.services.personal import digest_of
from tests.classifier.admin.conftest import Make

pytestmark = pytest.mark.django_db
LIST = "admin:classifier_personalcategory_changelist"
ERASE = "admin:classifier_personalcategory_erase"


@pytest.fixture
def row(db: None) -> PersonalCategory:
    category = Category.objects.get(slug="groceries")
    for user, text in (("u-1", "first shop"), ("u-1", "second shop"), ("u-2", "third shop")):
        PersonalCategory.objects.create(user_id=user, canonical_text=text, category=category)
    return PersonalCategory.objects.get(canonical_text="first shop")


def test_they_are_found_by_the_whole_user_id(staff: Client, row: PersonalCategory) -> None:
    page = staff.get(reverse(LIST), {"q": "u-1"}).content.decode()
    assert "first shop" in page
    assert "third shop" not in page
    assert "first shop" not in staff.get(reverse(LIST), {"q": "u"}).content.decode()


def test_all_of_a_user_are_erased_after_a_question(staff: Client, row: PersonalCategory) -> None:
    url = reverse(ERASE, args=[row.pk])
    assert "2 texts and merchants of the user u-1" in staff.get(url).content.decode()
    assert PersonalCategory.objects.count() == 3
    assert staff.post(url).status_code == 302
    assert PersonalCategory.objects.get().user_id == "u-2"
    erasure = PersonalErasure.objects.get()
    assert erasure.by is not None
    assert (erasure.by.username, erasure.count, erasure.user_digest) == (
        "ada", 2, digest_of("u-1"),
    )  # fmt: skip


def test_who_may_only_look_erases_nothing(
    client: Client, make_staff: Make, row: PersonalCategory
) -> None:
    client.force_login(make_staff("classifier.view_personalcategory"))
    assert client.post(reverse(ERASE, args=[row.pk])).status_code == 403
    assert PersonalCategory.objects.count() == 3
