"""The page “Try it”."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from classifier import runtime
from classifier.models import Activation, Example, ModelVersion, Prediction
from tests.classifier.admin.conftest import Make


def answer(client: Client, descriptors: str, direction: str = "") -> str:
    form = {"descriptors": descriptors, "direction": direction}
    return client.post(reverse("admin:try_it"), form).content.decode()


def test_it_shows_the_answer_and_why_for_each_line_and_records_nothing(
    staff: Client, active_version: ModelVersion
) -> None:
    texts = Example.objects.filter(category__slug="groceries").values_list("text", flat=True)[:2]
    page = answer(staff, "\n".join([*texts, "", "  "]))
    assert page.count("Nearest examples") == 2
    assert page.count("Confidence") == 2
    assert page.count("1.000") >= 2
    assert f'id="answered-by">{active_version.name}<' in page
    for stage in ("Tokenize", "Encode", "Decide"):
        assert stage in page
    assert not Prediction.objects.exists()


def test_the_second_time_the_embedding_comes_from_the_cache(
    staff: Client, active_version: ModelVersion
) -> None:
    assert "Embedding computed" in answer(staff, "NETFLIX.COM")
    assert "Embedding from the cache" in answer(staff, "NETFLIX.COM")


def test_what_abstains_says_why_in_words(staff: Client, active_version: ModelVersion) -> None:
    page = answer(staff, "123 456")
    assert "No category" in page
    assert "No letters in the description" in page
    assert "Abstained" in page


def test_a_direction_rules_out_categories_of_the_other(
    staff: Client, active_version: ModelVersion
) -> None:
    salary = Example.objects.filter(category__slug="paychecks")[0].text
    page = answer(staff, salary, "expense")
    assert 'trial-category">Income' not in page


@pytest.mark.parametrize(
    ("descriptors", "problem"),
    [
        ("", "Enter a descriptor, as the bank prints it."),
        (" \n ", "Enter a descriptor, as the bank prints it."),
        ("A SHOP\n" * 101, "101 lines: 100 at a time."),
        ("A SHOP\n" + "A" * 513, "Line 2 has 513 characters; 512 at most."),
        ("A\x00SHOP", "Null characters are not allowed."),
    ],
)
def test_what_cannot_be_tried_is_refused_with_the_reason(
    descriptors: str, problem: str, staff: Client, active_version: ModelVersion
) -> None:
    assert problem in answer(staff, descriptors)


def test_a_hostile_descriptor_is_shown_as_text(staff: Client, active_version: ModelVersion) -> None:
    page = answer(staff, "<script>alert(1)</script> SHOP")
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_with_no_active_version_it_says_so_and_what_to_do(
    client: Client, admin_user: User, tmp_path: Path
) -> None:
    Activation.objects.all().delete()
    runtime.reset()
    client.force_login(admin_user)
    page = answer(client, "NETFLIX.COM")
    assert "No version has been activated." in page
    assert "manage.py bootstrap" in page


def test_it_needs_the_permission_to_see_predictions(client: Client, make_staff: Make) -> None:
    client.force_login(make_staff("classifier.view_prediction"))
    assert client.get(reverse("admin:try_it")).status_code == 200
    assert client.delete(reverse("admin:try_it")).status_code == 405


def test_each_part_of_a_descriptor_is_shown_and_named(
    staff: Client, active_version: ModelVersion
) -> None:
    page = answer(staff, "SQ *BLUE BOTTLE 0423 OAKLAND CA")
    assert 'class="part part-found" title="merchant found">BLUE BOTTLE</span>' in page
    for label in ("processor", "store number", "city", "region"):
        assert f'<span class="text-subtle">{label}</span>' in page
    for said in ("Blue Bottle Coffee", "Square", "Oakland, CA, United States", "coffee shop"):
        assert said in page


def test_a_country_tells_namesakes_apart(staff: Client, active_version: ModelVersion) -> None:
    pages = [
        staff.post(
            reverse("admin:try_it"), {"descriptors": "WOOLWORTHS 1294", "country": country}
        ).content.decode()
        for country in ("za", "au")
    ]
    assert "Woolworths South Africa" in pages[0]
    assert "Woolworths South Africa" not in pages[1]
