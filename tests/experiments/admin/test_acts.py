"""The buttons of an experiment: each asks on a page of its own, and acts on a POST."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django_q.models import OrmQ

from classifier.admin.cells import change_url
from classifier.models import Activation, ModelVersion, PerformanceTargets, Retirement
from classifier.services.activations import key_in_force
from classifier.services.targets import performance_targets
from experiments.models import Experiment, ExperimentEvent
from tests.classifier.admin.conftest import Make
from tests.experiments.admin.conftest import page_of, told, url_of
from tests.experiments.reports import make_analysis, make_experiment, make_running

Status = Experiment.Status
Kind = ExperimentEvent.Kind
BUTTONS: dict[str, set[str]] = {
    Status.DRAFT: {"Start"},
    Status.RUNNING: {"Report", "Pause", "Stop", "Change share", "Promote", "Analyse"},
    Status.PAUSED: {"Report", "Resume", "Stop", "Change share", "Promote", "Analyse"},
    Status.STOPPED: {"Report", "Promote", "Analyse"},
}
EVERY = set().union(*BUTTONS.values())
ACTS = ("start", "pause", "resume", "stop", "change_share", "promote", "analyse")


def put(experiment: Experiment, status: str) -> None:
    Experiment.objects.filter(pk=experiment.pk).update(status=status)


def status_of(experiment: Experiment) -> str:
    experiment.refresh_from_db()
    return experiment.status


def newest_event(experiment: Experiment) -> ExperimentEvent:
    return experiment.events.all()[0]


@pytest.fixture
def out_of_reach(db: None) -> None:
    performance_targets()
    PerformanceTargets.objects.update(min_accuracy=0.99)


@pytest.mark.parametrize("status", Status.values)
def test_only_what_can_be_done_to_it_is_offered(
    operator: Client, running: Experiment, status: str
) -> None:
    put(running, status)
    actions = operator.get(change_url(running)).context["actions_detail"]
    assert {each["title"] for each in actions} == BUTTONS[status]
    assert BUTTONS[status] < EVERY


def test_who_only_looks_has_the_report_and_no_button(
    client: Client, make_staff: Make, running: Experiment
) -> None:
    client.force_login(make_staff("experiments.view_experiment"))
    actions = client.get(change_url(running)).context["actions_detail"]
    assert {each["title"] for each in actions} == {"Report"}
    for act in ACTS:
        assert client.get(url_of(act, running)).status_code == 403, act
        assert client.post(url_of(act, running), {}).status_code == 403, act
    assert status_of(running) == Status.RUNNING


def test_promoting_needs_the_right_to_activate_as_well(
    client: Client, make_staff: Make, running: Experiment
) -> None:
    client.force_login(make_staff("experiments.view_experiment", "experiments.run_experiment"))
    assert client.get(url_of("stop", running)).status_code == 200
    assert client.get(url_of("promote", running)).status_code == 403


@pytest.mark.parametrize("act", ACTS)
def test_a_look_at_the_question_changes_nothing(
    operator: Client, running: Experiment, act: str
) -> None:
    events = running.events.count()
    page_of(operator, url_of(act, running))
    assert (status_of(running), running.events.count()) == (Status.RUNNING, events)


@pytest.mark.parametrize(
    ("act", "status"),
    [("start", Status.PAUSED), ("pause", Status.STOPPED), ("resume", Status.RUNNING),
     ("stop", Status.STOPPED), ("change_share", Status.STOPPED), ("promote", Status.DRAFT),
     ("analyse", Status.DRAFT)],
)  # fmt: skip
def test_what_the_status_does_not_allow_is_refused_and_not_done(
    operator: Client, running: Experiment, act: str, status: str
) -> None:
    put(running, status)
    word = Status(status).label.lower()
    assert f"{running} is {word}." in page_of(operator, url_of(act, running))
    operator.post(url_of(act, running), {"reason": "all the same", "usual": "100"})
    assert status_of(running) == status
    assert newest_event(running).kind == Kind.STARTED


def test_a_start_shows_what_is_compared_and_keeps_the_planned_units(
    operator: Client, draft: Experiment
) -> None:
    page = page_of(operator, url_of("start", draft))
    assert "version candidate-x, 50%" in page
    assert "No users in the last 28 days" in page
    page = told(operator, url_of("start", draft), planned_units="1234", reason="Go.")
    assert f"{draft} is running." in page
    assert (status_of(draft), draft.planned_units) == (Status.RUNNING, 1234)
    event = newest_event(draft)
    assert (event.kind, str(event.by), event.reason) == (Kind.STARTED, "olga", "Go.")


def test_a_start_is_read_from_its_top(operator: Client, draft: Experiment) -> None:
    assert "autofocus" not in page_of(operator, url_of("start", draft))


@pytest.mark.parametrize("act", ["pause", "stop"])
def test_a_question_without_figures_begins_at_its_first_field(
    operator: Client, running: Experiment, act: str
) -> None:
    assert "autofocus" in page_of(operator, url_of(act, running))


@pytest.mark.parametrize("units", ["0", "-5", "99999999999", "many"])
def test_planned_units_are_a_number_that_can_be_kept(
    operator: Client, draft: Experiment, units: str
) -> None:
    response = operator.post(url_of("start", draft), {"planned_units": units})
    assert response.context["form"].errors["planned_units"]
    assert status_of(draft) == Status.DRAFT


def test_all_that_is_in_the_way_of_a_start_is_said_in_sentences(
    operator: Client, draft: Experiment
) -> None:
    make_running("other")
    version = draft.variants.get(key="candidate").version
    ModelVersion.objects.filter(pk=version.pk).update(status=ModelVersion.Status.RETIRED)
    Retirement.objects.create(version=version)
    page = page_of(operator, url_of("start", draft))
    assert "Version candidate-x of variant candidate is retired." in page
    assert "other is running on the same traffic: only one may at a time." in page
    assert 'name="planned_units"' not in page
    operator.post(url_of("start", draft), {"planned_units": "10"})
    assert status_of(draft) == Status.DRAFT


def test_a_version_that_cannot_be_loaded_is_named_and_nothing_starts(
    operator: Client, draft: Experiment
) -> None:
    version = draft.variants.get(key="candidate").version
    ModelVersion.objects.filter(pk=version.pk).update(manifest_digest="0" * 64)
    page = told(operator, url_of("start", draft))
    assert "Not started." in page
    assert status_of(draft) == Status.DRAFT


def test_pause_and_resume(operator: Client, running: Experiment) -> None:
    assert "is paused." in told(operator, url_of("pause", running), reason="A holiday.")
    assert status_of(running) == Status.PAUSED
    assert newest_event(running).reason == "A holiday."
    assert "is running again." in told(operator, url_of("resume", running))
    assert status_of(running) == Status.RUNNING


def test_what_is_in_the_way_of_a_resumption_is_said(operator: Client, running: Experiment) -> None:
    put(running, Status.PAUSED)
    make_running("other")
    page = page_of(operator, url_of("resume", running))
    assert "other is running on the same traffic" in page
    operator.post(url_of("resume", running), {})
    assert status_of(running) == Status.PAUSED


def test_stop(operator: Client, running: Experiment) -> None:
    assert "is stopped." in told(operator, url_of("stop", running), reason="Enough.")
    assert status_of(running) == Status.STOPPED
    assert running.stopped_at is not None


@pytest.mark.parametrize(
    ("said", "share"),
    [({"usual": "5"}, 0.05), ({"usual": "100"}, 1), ({"usual": "other", "other": "12.5"}, 0.125)],
)
def test_the_share_is_ramped_by_a_usual_step_or_another(
    operator: Client, running: Experiment, said: dict[str, str], share: float
) -> None:
    told(operator, url_of("change_share", running), **said)
    running.refresh_from_db()
    assert running.traffic_share == share
    assert newest_event(running).details == {"from": 0.01, "to": share}
    assert f"1% → {100 * share:g}%" in page_of(operator, change_url(running))


@pytest.mark.parametrize(
    ("said", "field"),
    [({}, "usual"), ({"usual": "7"}, "usual"), ({"usual": "other"}, "other"),
     ({"usual": "other", "other": "0"}, "other"), ({"usual": "other", "other": "101"}, "other"),
     ({"usual": "other", "other": "nan"}, "other"), ({"usual": "5", "other": "7"}, "other")],
)  # fmt: skip
def test_what_is_no_share_is_refused_beside_its_field(
    operator: Client, running: Experiment, said: dict[str, str], field: str
) -> None:
    response = operator.post(url_of("change_share", running), said)
    assert response.context["form"].errors[field]
    running.refresh_from_db()
    assert running.traffic_share == 0.01


def test_the_share_that_it_has_is_said_to_be_so(operator: Client, running: Experiment) -> None:
    page = told(operator, url_of("change_share", running), usual="1")
    assert "1% takes part already." in page
    assert newest_event(running).kind == Kind.STARTED


def test_a_winner_is_promoted_with_the_verdict_in_sight(
    operator: Client, running: Experiment
) -> None:
    make_analysis(running)
    variant = running.variants.get(key="candidate")
    page = page_of(operator, url_of("promote", running))
    assert "Ship candidate: it abstains less often than the control." in page
    assert "candidate: version candidate-x and the targets" in page
    page = told(operator, url_of("promote", running), variant=variant.pk, reason="It won.")
    assert "candidate-x is active." in page
    assert ModelVersion.objects.active().get() == variant.version
    assert status_of(running) == Status.STOPPED
    assert [event.kind for event in running.events.all()[:2]] == [Kind.PROMOTED, Kind.STOPPED]


def test_an_activation_since_the_page_was_opened_keeps_the_winner_waiting(
    operator: Client, running: Experiment
) -> None:
    seen = key_in_force()
    page = page_of(operator, url_of("promote", running))
    assert f'type="hidden" name="seen" value="{seen}"' in page
    Activation.objects.create(to_version=ModelVersion.objects.active().get())
    variant = running.variants.get(key="candidate")
    told_so = told(operator, url_of("promote", running), variant=variant.pk, seen=seen)
    assert "Not promoted. Another version was activated just now" in told_so
    assert status_of(running) == Status.RUNNING


def test_a_verdict_that_is_no_ship_is_pointed_out(operator: Client, running: Experiment) -> None:
    said = {"kind": "keep_running", "sentences": ["Wait."], "winner": None, "days_left": 3}
    make_analysis(running, verdict=said)
    page = page_of(operator, url_of("promote", running))
    assert "The verdict is “Keep running”, not “Ship”." in page


def test_a_verdict_from_before_the_stop_is_pointed_out(
    operator: Client, running: Experiment
) -> None:
    make_analysis(running)
    told(operator, url_of("stop", running))
    page = page_of(operator, url_of("promote", running))
    assert "It is stopped: the final report follows, and with it the verdict." in page


def test_no_variant_that_serves_already_is_offered(operator: Client, running: Experiment) -> None:
    response = operator.post(url_of("promote", running), {"variant": running.control.pk})
    assert response.context["form"].errors["variant"]
    assert status_of(running) == Status.RUNNING


def test_a_winner_that_misses_targets_is_refused_to_all_but_superusers(
    operator: Client, running: Experiment, out_of_reach: None
) -> None:
    variant = running.variants.get(key="candidate")
    page = page_of(operator, url_of("promote", running))
    assert "candidate-x misses targets. A superuser may promote it all the same" in page
    page = told(operator, url_of("promote", running), variant=variant.pk, override_reason="Please")
    assert "Not promoted." in page
    assert "out-of-sample accuracy" in page.lower()
    assert status_of(running) == Status.RUNNING


def test_a_superuser_promotes_it_with_a_reason(
    staff: Client, running: Experiment, out_of_reach: None
) -> None:
    variant = running.variants.get(key="candidate")
    refused = told(staff, url_of("promote", running), variant=variant.pk)
    assert "Not promoted." in refused
    told(staff, url_of("promote", running), variant=variant.pk, override_reason="The fair.")
    activation = Activation.objects.all()[0]
    assert activation.to_version == variant.version
    assert "The fair." in activation.reason
    assert activation.missed_targets


def test_an_analysis_is_queued(
    operator: Client, running: Experiment, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        page = told(operator, url_of("analyse", running))
    assert "Queued: the report comes in a moment." in page
    task = OrmQ.objects.get().task
    assert (task["func"], task["args"][0]) == ("experiments.tasks.analyse", running.pk)


def test_a_look_in_between_is_pointed_out_where_few_were_planned(
    operator: Client, active_version: ModelVersion
) -> None:
    fixed = make_running(method="fixed")
    assert "is for curiosity" in page_of(operator, url_of("analyse", fixed))


@pytest.mark.parametrize("act", [*ACTS, "report"])
def test_an_experiment_that_is_not_there_is_not_found(operator: Client, db: None, act: str) -> None:
    experiment = Experiment(pk=987654)
    assert operator.get(url_of(act, experiment)).status_code == 404


def test_of_two_who_start_at_once_one_is_told(
    operator: Client, draft: Experiment, admin_user: User
) -> None:
    other = make_experiment("other")
    told(operator, url_of("start", other))
    page = told(operator, url_of("start", draft))
    assert "other is running on the same traffic" in page
    assert status_of(draft) == Status.DRAFT
