"""Encoders seen, made, measured and chosen in the admin."""

import json
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from classifier.admin.cells import change_url
from classifier.models import Encoder, EncoderChoice, Job
from tests.classifier.admin.conftest import Make
from tests.encoders import benchmarked, derived_from

LIST = "admin:classifier_encoder_changelist"


@pytest.fixture
def derived(encoder: Encoder) -> Encoder:
    return derived_from(encoder)


def page_of(client: Client, url: str) -> str:
    return unescape(client.get(url).content.decode())


def chart_of(page: str) -> list[dict[str, Any]]:
    data = page.split('data-value="')[1].split('" data-options')[0]
    datasets: list[dict[str, Any]] = json.loads(data)["datasets"]
    return datasets


def test_the_list_says_what_each_costs_and_gains(staff: Client, derived: Encoder) -> None:
    benchmarked(derived)
    page = page_of(staff, reverse(LIST))
    assert "1.16% of 1,547" in page
    assert "-0.07 points (-0.41 to +0.26)" in page
    assert "2.5 / 3.8 / 5.0" in page
    assert "1.90 / 4.60" in page


def test_the_chart_has_a_point_for_each_that_was_measured_here(
    staff: Client, encoder: Encoder, derived: Encoder
) -> None:
    benchmarked(derived, p50_ms=2.5)
    benchmarked(encoder, p50_ms=4.0)
    page = page_of(staff, reverse(LIST))
    points = {entry["label"]: entry["data"] for entry in chart_of(page)}
    assert points == {
        f"INT8, by blocks ({'1' * 8})": [{"x": 2.5, "y": 1.16}],
        f"FP32 ({encoder.digest[:8]})": [{"x": 4.0, "y": 0.0}],
    }
    assert "INT8, by blocks: 2.50 ms, 1.16% of decisions changed" in page


def test_a_figure_from_another_machine_is_marked_and_not_in_the_chart(
    staff: Client, derived: Encoder
) -> None:
    benchmarked(derived, cpu="Other CPU")
    page = page_of(staff, reverse(LIST))
    assert "other machine: Other CPU" in page
    assert "Nothing has been benchmarked on a machine like this one" in page
    assert "Measured on another machine than the one that made this page" in page


def test_a_figure_from_here_stands_before_a_newer_one_from_elsewhere(
    staff: Client, derived: Encoder
) -> None:
    benchmarked(derived, p50_ms=2.5)
    benchmarked(derived, p50_ms=9.9, cpu="Other CPU")
    page = page_of(staff, reverse(LIST))
    assert chart_of(page)[0]["data"] == [{"x": 2.5, "y": 1.16}]


def test_the_chosen_one_is_marked_and_another_is_chosen_with_a_reason(
    staff: Client, admin_user: User, encoder: Encoder, derived: Encoder
) -> None:
    url = reverse("admin:classifier_encoder_choose", args=[derived.pk])
    assert url in page_of(staff, change_url(derived))
    assert "choose" not in page_of(staff, change_url(encoder))
    staff.post(url, {"reason": "twice as fast"})
    choice = EncoderChoice.objects.all()[0]
    assert (choice.encoder, choice.by, choice.reason) == (derived, admin_user, "twice as fast")
    assert "twice as fast" in page_of(staff, change_url(derived))


def test_a_page_says_how_it_was_made_and_what_was_found(staff: Client, derived: Encoder) -> None:
    page = page_of(staff, change_url(derived))
    assert "18 of 1,547: 1.16% (0.7 to 1.8%)" in page
    assert "layer.5.value" in page
    assert "Seven bits" not in page


def test_making_encoders_queues_a_job_with_what_was_wished(
    staff: Client, admin_user: User, encoder: Encoder
) -> None:
    url = reverse("admin:classifier_encoder_prepare")
    staff.post(url, {"name": "", "source": "/models/other", "kinds": ["int8_block"]})
    job = Job.objects.get()
    assert (job.kind, job.started_by) == (Job.Kind.PREPARE_ENCODERS, admin_user)
    assert job.parameters == {"name": "", "source": "/models/other", "kinds": ["int8_block"]}


def test_an_unknown_kind_is_refused(staff: Client, encoder: Encoder) -> None:
    url = reverse("admin:classifier_encoder_prepare")
    page = staff.post(url, {"kinds": ["int3"]}).content.decode()
    assert "int3 is not one of the available choices" in page
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("act", "kind"),
    [("benchmark", Job.Kind.BENCHMARK_ENCODERS), ("autotune", Job.Kind.AUTOTUNE)],
)
def test_measuring_is_asked_and_then_queued_once(
    staff: Client, encoder: Encoder, act: str, kind: Job.Kind
) -> None:
    url = reverse(f"admin:classifier_encoder_{act}")
    staff.get(url)
    assert not Job.objects.exists()
    staff.post(url)
    page = staff.post(url, follow=True).content.decode()
    assert Job.objects.get().kind == kind
    assert "is not finished yet" in page


def test_who_may_only_look_makes_and_chooses_nothing(
    client: Client, make_staff: Make, derived: Encoder
) -> None:
    client.force_login(make_staff("classifier.view_encoder"))
    assert client.get(reverse(LIST)).status_code == 200
    for act in ("prepare", "benchmark", "autotune"):
        assert client.post(reverse(f"admin:classifier_encoder_{act}")).status_code == 403
    choose = reverse("admin:classifier_encoder_choose", args=[derived.pk])
    assert client.post(choose, {"reason": ""}).status_code == 403
