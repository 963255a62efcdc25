"""The report: the verdict in plain words, then all that can be checked, then how it looks."""

import json
import re
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from classifier.admin.cells import change_url
from experiments.models import Experiment, ExperimentEvent, GuardrailAlert
from experiments.services.lifecycle import stop
from tests.experiments.admin.conftest import page_of, url_of
from tests.experiments.reports import estimate_json, make_analysis, metric_json, report_json
from tests.experiments.traffic import add_guardrail


def words_of(page: str) -> str:
    """What is read, without tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def chart_of(page: str, name: str) -> dict[str, Any]:
    found = re.search(rf'<script id="chart-{name}" type="application/json">(.*?)</script>', page)
    assert found, name
    data: dict[str, Any] = json.loads(found.group(1))
    return data


def test_before_the_first_analysis_it_says_so(staff: Client, running: Experiment) -> None:
    assert "Nothing has been analysed yet." in page_of(staff, url_of("report", running))


def test_the_verdict_comes_first_in_sentences(staff: Client, running: Experiment) -> None:
    make_analysis(running)
    words = words_of(page_of(staff, url_of("report", running)))
    order = ["Verdict: Ship candidate", "It went from 12.04% to 11.01%", "Can the data be trusted?",
             "Primary metric: Abstention rate", "Latency, mean", "Guard rails", "Arms",
             "Effect on Abstention rate over time", "Timeline"]  # fmt: skip
    places = [words.index(each) for each in order]
    assert places == sorted(places)


def test_between_the_stop_and_the_final_report_no_verdict_is_given(
    staff: Client, running: Experiment
) -> None:
    verdict = {
        "kind": "keep_running", "sentences": ["It runs for 7 days more at most."],
        "winner": None, "days_left": 7,
    }  # fmt: skip
    make_analysis(running, verdict=verdict)
    urls = (url_of("report", running), change_url(running))
    for url in urls:
        assert "7 days more" in page_of(staff, url)
    stop(running)
    for url in urls:
        words = words_of(page_of(staff, url))
        assert "the final report follows" in words
        assert "7 days more" not in words
        assert "Days left" not in words
    make_analysis(running, verdict={**verdict, "kind": "cannot_say", "sentences": ["Too early."]})
    for url in urls:
        words = words_of(page_of(staff, url))
        assert "Too early." in words
        assert "the final report follows" not in words


def test_an_older_report_keeps_its_verdict_after_the_stop(
    staff: Client, running: Experiment
) -> None:
    analysis = make_analysis(running)
    stop(running)
    assert "Verdict: Ship candidate" in words_of(page_of(staff, change_url(analysis)))


def test_the_table_has_what_a_statistician_checks(staff: Client, running: Experiment) -> None:
    make_analysis(running)
    words = words_of(page_of(staff, url_of("report", running)))
    for figure in (
        "12.04%", "11.01%", "-1.03 (-1.62 to -0.44) points", "-8.55 (-13.40 to -3.70)%", "0.0002",
        "0.0004", "99.9%", "4,980 and 5,020", "+0.53 (-0.12 to +1.18) ms", "12.84 ms",
        "Lower is better. Sequential, delta method over units.",
    ):  # fmt: skip
        assert figure in words, figure


def test_where_nothing_can_be_said_the_reason_stands_in_its_place(
    staff: Client, running: Experiment
) -> None:
    make_analysis(running)
    words = words_of(page_of(staff, url_of("report", running)))
    assert "Cannot say Too few units were measured in one of the arms." in words


def test_a_relative_effect_that_there_is_not_says_why(staff: Client, running: Experiment) -> None:
    none = dict.fromkeys(("relative_effect", "relative_low", "relative_high"))
    estimate = estimate_json(
        **none, relative_reason="control_is_zero", relative_sentence="The control's value is zero."
    )
    make_analysis(running, primary=metric_json("abstention-rate", estimate))
    words = words_of(page_of(staff, url_of("report", running)))
    assert escape("The control's value is zero.") in words


def test_an_effect_that_is_adjusted_says_that_it_is(staff: Client, running: Experiment) -> None:
    said = "The effect is adjusted for what the same units did before the start (CUPED)"
    make_analysis(running)
    assert said not in words_of(page_of(staff, url_of("report", running)))
    adjusted = estimate_json(method="delta method, CUPED, confidence sequence")
    make_analysis(running, primary=metric_json("abstention-rate", adjusted))
    assert said in words_of(page_of(staff, url_of("report", running)))


def test_what_is_borne_stands_in_the_unit_of_the_metric(staff: Client, running: Experiment) -> None:
    add_guardrail(running, "error-rate", margin=0.05)
    add_guardrail(running, "latency-p95", margin=12.5)
    (relative,) = report_json(running)["guardrails"]
    absolute = {**relative, "is_relative": False}
    make_analysis(
        running,
        guardrails=[
            relative,
            {**absolute, "metric": "error-rate", "margin": 0.05},
            {**absolute, "metric": "latency-p95", "margin": 12.5},
        ],
    )
    words = words_of(page_of(staff, url_of("report", running)))
    for borne in ("candidate 20% Kept", "candidate 5 points Kept", "candidate 12.5 ms Kept"):
        assert borne in words, borne


def test_checks_arms_and_guard_rails_are_told(staff: Client, running: Experiment) -> None:
    health = report_json(running)["health"]
    health[0] |= {"is_failed": True, "p_value": 0.00001, "sentence": "The arms are lopsided."}
    make_analysis(running, health=health)
    words = words_of(page_of(staff, url_of("report", running)))
    assert "Sizes of the arms Failed The arms are lopsided. &lt; 0.0001" in words
    assert "Feedback in the arms Cannot say Too little feedback to compare." in words
    assert "control (control) v1 4,980 50.00% 49.80% 61,230 0" in words
    assert "Latency, mean candidate 20% Kept It is not 20% slower. pause" in words
    assert "Exposures without a user 17" in words


def test_units_as_planned_and_as_measured_have_two_names(
    staff: Client, running: Experiment
) -> None:
    planned = "Units needed in each variant, as planned 4,000"
    make_analysis(running, units_needed=4083, units_left=20)
    words = words_of(page_of(staff, url_of("report", running)))
    assert f"{planned} Units needed in each variant, as measured 4,083" in words
    make_analysis(running, units_needed=4000, units_left=None)
    words = words_of(page_of(staff, url_of("report", running)))
    assert f"{planned} Units needed in each variant, as measured not known" in words


def test_a_look_says_which_it_is(staff: Client, running: Experiment) -> None:
    look = {"number": 3, "planned": 5, "is_due": True, "information": 0.6}
    make_analysis(running, method="group_sequential", look=look)
    assert "Look 3 of 5" in words_of(page_of(staff, url_of("report", running)))
    make_analysis(running, method="group_sequential", look={**look, "is_due": False})
    page = page_of(staff, url_of("report", running))
    assert "Look 3 of 5: the next is not due yet" in words_of(page)


def test_each_chart_has_its_numbers_and_a_summary_in_words(
    staff: Client, running: Experiment
) -> None:
    make_analysis(running)
    page = page_of(staff, url_of("report", running))
    assert page.count('role="img" aria-label="') == page.count("<canvas") == 3
    assert page.count("The numbers</summary>") == 3
    assert chart_of(page, "sizes")["series"][1]["values"] == [49.8, 50.2]
    assert chart_of(page, "distribution")["labels"] == [
        "1", "2", "3 to 5", "6 to 10", "11 to 20", "21 to 50", "over 50",
    ]  # fmt: skip
    assert "control: 49.80% of units seen, 50.00% expected." in page


def test_numbers_of_exposures_that_no_unit_has_are_left_out(
    staff: Client, running: Experiment
) -> None:
    make_analysis(
        running, distribution={"bounds": [1, 2, 5], "arms": {"a": [4, 0, 0, 0], "b": [3, 1, 0, 0]}}
    )
    chart = chart_of(page_of(staff, url_of("report", running)), "distribution")
    assert chart["labels"] == ["1", "2"]
    assert [series["values"] for series in chart["series"]] == [[100, 0], [75, 25]]


def test_the_effect_over_time_has_a_point_an_analysis(staff: Client, running: Experiment) -> None:
    for effect in (0.01, 0.02, 0.03):
        estimate = estimate_json(effect=effect, low=0.0, high=2 * effect)
        make_analysis(running, primary=metric_json("abstention-rate", estimate))
    (series,) = chart_of(page_of(staff, url_of("report", running)), "effect")["series"]
    assert (series["effect"], series["high"]) == ([1, 2, 3], [2, 4, 6])


def test_many_analyses_are_thinned_out_and_the_newest_stays(
    staff: Client, running: Experiment
) -> None:
    for number in range(130):
        estimate = estimate_json(effect=number / 100)
        make_analysis(running, primary=metric_json("abstention-rate", estimate))
    (series,) = chart_of(page_of(staff, url_of("report", running)), "effect")["series"]
    assert len(series["effect"]) <= 60
    assert series["effect"][-1] == 129


def test_without_units_there_is_no_chart_and_the_page_opens(
    staff: Client, running: Experiment
) -> None:
    report = report_json(running)
    for arm in report["arms"]:
        arm |= {"units": 0, "exposures": 0}
    make_analysis(
        running, arms=report["arms"], distribution={"bounds": [1, 2], "arms": {}},
        primary=metric_json("abstention-rate"),
    )  # fmt: skip
    assert "<canvas" not in page_of(staff, url_of("report", running))


def test_an_older_report_reads_as_it_did(staff: Client, running: Experiment) -> None:
    old = make_analysis(running)
    before = page_of(staff, change_url(old)).split("report-verdict")[1]
    said = {"kind": "roll_back", "sentences": ["Roll back."], "winner": None, "days_left": None}
    make_analysis(running, verdict=said)
    ExperimentEvent.objects.create(experiment=running, kind="stopped", to_status="stopped")
    page = page_of(staff, change_url(old))
    assert page.split("report-verdict")[1] == before
    assert "An older report" in words_of(page)
    assert "Verdict: Roll back" in words_of(page_of(staff, url_of("report", running)))


def test_timeline_and_alerts_say_who_when_what_and_why(
    staff: Client, running: Experiment, admin_user: Any
) -> None:
    ExperimentEvent.objects.create(
        experiment=running, kind="paused", from_status="running", to_status="paused",
        by=admin_user, reason="Slow",
    )  # fmt: skip
    GuardrailAlert.objects.create(
        guardrail=running.guardrails.get(), variant=running.variants.get(key="candidate"),
        action="pause", text="It is 30% slower.", evidence=estimate_json(),
    )  # fmt: skip
    for url in (url_of("report", running), change_url(running)):
        words = words_of(page_of(staff, url))
        assert "Paused Running → Paused" in words
        assert "by ada “Slow”" in words
        assert "Started Draft → Running" in words
        assert "by the program" in words
        assert "candidate Pause It is 30% slower." in words


def test_what_a_person_wrote_is_text(staff: Client, running: Experiment) -> None:
    evil = "<script>alert(1)</script>"
    Experiment.objects.filter(pk=running.pk).update(hypothesis=evil)
    estimate = estimate_json(variant=evil)
    make_analysis(running, primary={**metric_json("abstention-rate", estimate), "name": evil})
    assert evil not in page_of(staff, url_of("report", running))


def test_a_report_is_exported_as_it_is_stored(staff: Client, running: Experiment) -> None:
    analysis = make_analysis(running)
    url = reverse("admin:experiments_analysis_export", args=[analysis.pk, "json"])
    response = staff.get(url)
    assert response.json()["verdict"] == analysis.report["verdict"]
    name = f'attachment; filename="{running.key}-{analysis.pk}.json"'
    assert response["Content-Disposition"] == name
    response = staff.get(url.replace("json", "csv"))
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "abstention-rate" in response.content.decode()
    assert staff.get(url.replace("json", "xml")).status_code == 404


def test_who_may_not_see_reports_exports_none(
    client: Client, make_staff: Any, running: Experiment
) -> None:
    client.force_login(make_staff("experiments.view_experiment"))
    analysis = make_analysis(running)
    url = reverse("admin:experiments_analysis_export", args=[analysis.pk, "json"])
    assert client.get(url).status_code == 403
    assert client.get(change_url(analysis)).status_code == 403
