"""The evaluation of a version: figures, pictures, another version, a wanted precision, live."""

import re
from html import unescape
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from classifier.models import LearningPolicy, ModelVersion, VersionPicture
from classifier.services.evaluations import _report
from classifier.services.feedback import FeedbackItem, record_feedback
from tests.artifacts import lose, spoil
from tests.classifier.admin.conftest import Make, classify
from tests.rows import copy_of

SVG = "{http://www.w3.org/2000/svg}"
VIEW = "classifier.view_modelversion"
SAVE = "classifier.set_precision_target"


@pytest.fixture(autouse=True)
def _nothing_read_yet() -> None:
    _report.cache_clear()


def evaluation_url(version: ModelVersion, **query: str) -> str:
    return reverse(
        "admin:classifier_modelversion_evaluation", args=[version.pk], query=query or None
    )


def picture_url(version: ModelVersion, kind: str, **query: str) -> str:
    return reverse(
        "admin:classifier_modelversion_picture", args=[version.pk, kind, "light"],
        query=query or None,
    )  # fmt: skip


def opened(client: Client, version: ModelVersion, **query: str) -> str:
    response = client.get(evaluation_url(version, **query))
    assert response.status_code == 200
    return unescape(response.content.decode())


def test_the_versions_page_leads_to_it(staff: Client, active_version: ModelVersion) -> None:
    page = staff.get(reverse("admin:classifier_modelversion_change", args=[active_version.pk]))
    assert evaluation_url(active_version) in page.content.decode()


def test_it_shows_figures_pictures_categories_and_texts(
    staff: Client, active_version: ModelVersion
) -> None:
    page = opened(staff, active_version)
    assert f"{100 * active_version.accuracy:.1f}%" in page
    assert f"{active_version.macro_f1:.3f}" in page
    for picture in active_version.pictures.all():
        assert f'alt="{picture.description}"' in page
    assert "categories, worst first" in page
    assert "The worst categories, with the mistakes that were surest" in page
    assert "Most often taken for another" in page


def test_every_picture_of_the_page_is_there(staff: Client, active_version: ModelVersion) -> None:
    addresses = re.findall(r'<img class="[^"]*" src="([^"]+\.svg)"', opened(staff, active_version))
    assert len(addresses) == 6
    for address in addresses:
        response = staff.get(address)
        assert response["Content-Type"] == "image/svg+xml"
        assert response["Content-Security-Policy"].startswith("default-src 'none'")
        assert ElementTree.fromstring(response.content).tag == f"{SVG}svg"  # noqa: S314


def test_texts_are_for_who_may_see_examples(
    client: Client, make_staff: Make, active_version: ModelVersion
) -> None:
    client.force_login(make_staff(VIEW))
    page = opened(client, active_version)
    assert "Texts are shown to who may see examples." in page
    assert "The surest of them" not in page
    assert "The worst categories" not in page
    assert "categories, worst first" in page


def test_a_version_without_pictures_says_how_to_get_them(
    staff: Client, active_version: ModelVersion
) -> None:
    VersionPicture.objects.all().delete()
    assert f"manage.py draw_pictures {active_version}" in opened(staff, active_version)
    assert staff.get(picture_url(active_version, "confusion")).status_code == 404


@pytest.mark.parametrize("kind", ["confusion", "nonsense", "%00"])
def test_an_unknown_picture_is_not_there(
    kind: str, staff: Client, active_version: ModelVersion
) -> None:
    known = picture_url(active_version, "reliability")
    wrong = known.replace("reliability-light", f"{kind}-pink")
    assert staff.get(wrong).status_code == 404


def test_a_version_of_before_says_why_there_is_nothing_to_see(
    staff: Client, version_of_before: ModelVersion
) -> None:
    page = opened(staff, version_of_before, precision="90")
    assert "build a new one to evaluate it" in page
    assert "What people said" in page
    assert "How precise answers shall be" not in page


def test_another_version_is_compared_by_name(
    staff: Client, active_version: ModelVersion, second_version: ModelVersion
) -> None:
    page = opened(staff, active_version, **{"with": second_version.name})
    assert f"{active_version} has" in page
    assert "McNemar's mid-p is 1.000" in page


def test_a_name_that_no_version_has_is_refused_by_the_form(
    staff: Client, active_version: ModelVersion
) -> None:
    assert "Select a valid choice" in opened(staff, active_version, **{"with": "\0"})
    page = opened(staff, active_version, **{"with": "v999"})
    assert "Select a valid choice" in page
    assert "categories, worst first" in page


def test_a_version_whose_files_are_lost_is_said_to_be_and_live_figures_stay(
    staff: Client, second_version: ModelVersion, active_version: ModelVersion
) -> None:
    lose(second_version)
    page = opened(staff, second_version)
    assert f"{second_version} cannot be read" in page
    assert "What people said" in page
    beside = opened(staff, active_version, **{"with": second_version.name})
    assert f"{second_version} cannot be read" in beside


def test_a_damaged_version_is_said_to_be(staff: Client, second_version: ModelVersion) -> None:
    spoil(second_version)
    assert "config.json" in opened(staff, second_version)
    marked = picture_url(second_version, "risk-coverage", precision="90")
    assert staff.get(marked).status_code == 404


def test_a_wanted_precision_is_shown_with_its_coverage_and_nothing_is_saved(
    staff: Client, active_version: ModelVersion
) -> None:
    page = opened(staff, active_version, precision="90")
    assert "90% is kept by answering at confidence" in page
    assert "of all, are answered" in page
    assert "Save 90% for the next version" in page
    assert picture_url(active_version, "risk-coverage", precision="90") in page
    policy = LearningPolicy.objects.first()
    assert policy is None or policy.precision_target is None


def test_a_precision_out_of_reach_is_said_to_be_before_it_is_saved(
    staff: Client, active_version: ModelVersion
) -> None:
    page = opened(staff, active_version, precision="99.9")
    assert "99.9% is out of reach on these examples" in page
    assert "Nearest to it comes answering at confidence" in page


def test_the_curve_is_marked_where_the_precision_is_kept(
    staff: Client, active_version: ModelVersion
) -> None:
    plain = staff.get(picture_url(active_version, "risk-coverage")).content.decode()
    marked = staff.get(picture_url(active_version, "risk-coverage", precision="90"))
    assert 'id="mark"' not in plain
    assert 'id="mark"' in marked.content.decode()
    ElementTree.fromstring(marked.content)  # noqa: S314


@pytest.mark.parametrize("precision", ["49", "100", "much", "nan", "1e999"])
def test_a_precision_that_is_none_is_refused(
    precision: str, staff: Client, active_version: ModelVersion
) -> None:
    page = opened(staff, active_version, precision=precision)
    assert 'id="preview"' not in page
    assert 'class="errors' in page
    assert (
        staff.get(picture_url(active_version, "risk-coverage", precision=precision)).status_code
        == 200
    )
    staff.post(evaluation_url(active_version), {"precision": precision})
    policy = LearningPolicy.objects.first()
    assert policy is None or policy.precision_target is None


def test_saving_keeps_who_did_it(
    staff: Client, admin_user: User, active_version: ModelVersion
) -> None:
    page = staff.post(evaluation_url(active_version), {"precision": "98"}, follow=True)
    assert "built to keep a precision of 98%" in page.content.decode()
    policy = LearningPolicy.objects.get()
    assert policy.precision_target == 0.98
    assert policy.history.latest().history_user == admin_user
    staff.post(evaluation_url(active_version), {"precision": ""})
    policy.refresh_from_db()
    assert policy.precision_target is None


def test_who_may_not_change_the_policy_sees_the_cost_and_saves_nothing(
    client: Client, make_staff: Make, active_version: ModelVersion
) -> None:
    client.force_login(make_staff(VIEW))
    page = opened(client, active_version, precision="90")
    assert "90% is kept" in page
    assert "% for the next version" not in page
    refused = client.post(evaluation_url(active_version), {"precision": "90"})
    assert refused.status_code == 403


def test_who_may_change_the_policy_needs_no_more_than_to_see_versions(
    client: Client, make_staff: Make, active_version: ModelVersion
) -> None:
    client.force_login(make_staff(VIEW, SAVE))
    client.post(evaluation_url(active_version), {"precision": "97.5"})
    assert LearningPolicy.objects.get().precision_target == 0.975
    assert "is built to keep" in opened(client, active_version)


def test_the_learning_policy_leads_to_where_it_is_set(
    staff: Client, active_version: ModelVersion
) -> None:
    page = staff.get(reverse("admin:classifier_learningpolicy_changelist")).content.decode()
    assert f"{evaluation_url(active_version)}#precision" in page


def test_live_figures_stand_side_by_side_since_a_day(
    staff: Client, active_version: ModelVersion
) -> None:
    (prediction,) = classify("NETFLIX.COM")
    record_feedback([FeedbackItem(prediction_id=prediction.pk, category="groceries", user_id="u")])
    page = opened(staff, active_version)
    assert "0.0 to" in page
    assert "Random audit, reviewed" in page
    assert "Estimate without labels" in page
    later = opened(staff, active_version, since="2999-01-01")
    assert later.count("cannot say") == 3
    assert 'class="errors' in opened(staff, active_version, since="yesterday")


def test_the_number_of_queries_does_not_depend_on_other_versions_or_examples(
    staff: Client, active_version: ModelVersion
) -> None:
    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            opened(staff, active_version, precision="90")
        return len(queries)

    count()
    before = count()
    for number in range(4):
        copy_of(active_version, name=f"copy {number}", status="candidate")
    assert count() == before
