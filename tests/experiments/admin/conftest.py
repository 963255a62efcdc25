"""Someone signed in, and people who may do a part."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.forms import model_to_dict
from django.test import Client
from django.urls import reverse

from classifier.admin.cells import change_url
from classifier.models import ModelVersion
from experiments.models import Experiment, Metric
from tests.experiments.reports import make_experiment, make_running


@pytest.fixture
def staff(client: Client, admin_user: User) -> Client:
    """A superuser's browser."""
    client.force_login(admin_user)
    return client


@pytest.fixture
def operator(db: None) -> Client:
    """The browser of a member of the group."""
    client = Client()
    user = User.objects.create_user("olga", is_staff=True)
    user.groups.add(Group.objects.get(name="operator"))
    client.force_login(user)
    return client


@pytest.fixture
def draft(active_version: ModelVersion, admin_user: User) -> Experiment:
    """That nothing keeps from a start."""
    return make_experiment()


@pytest.fixture
def running(active_version: ModelVersion, admin_user: User) -> Experiment:
    return make_running()


def url_of(act: str, experiment: Experiment) -> str:
    return reverse(f"admin:experiments_experiment_{act}", args=[experiment.pk])


def page_of(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, url
    return response.content.decode()


def told(client: Client, url: str, **said: Any) -> str:
    """What a button says after it was pressed: the page it leads to, with its messages."""
    return client.post(url, said, follow=True).content.decode()


def form_of(experiment: Experiment, client: Client, **changes: Any) -> dict[str, Any]:
    """The form of an experiment as its page has it, with some fields filled in another way."""
    form = client.get(change_url(experiment)).context["adminform"].form
    data = {name: _sent(form[name].value()) for name in form.fields}
    kept = {
        "variants": [model_to_dict(row) for row in experiment.variants.all()],
        "guardrails": [model_to_dict(row) for row in experiment.guardrails.all()],
    }
    for prefix, found in kept.items():
        data |= _management(prefix, len(found), len(found))
        for place, row in enumerate(found):
            data |= {f"{prefix}-{place}-{name}": value for name, value in _row(row).items()}
    return {**data, **changes}


def new_form(**changes: Any) -> dict[str, Any]:
    """The form of a new experiment that is right but for `changes`."""
    active = ModelVersion.objects.active().get()
    data: dict[str, Any] = {
        "key": "fresh",
        "hypothesis": "It is better.",
        "owner": User.objects.filter(is_staff=True)[0].pk,
        "salt": "a salt of its own",
        "split": "user",
        "block_minutes": "",
        "traffic_share": "0.05",
        "method": "sequential",
        "looks": "",
        "primary_metric": Metric.objects.get(key="abstention-rate").pk,
        "expected_effect": "0.05",
        "min_days": "7",
        "max_days": "28",
        "feedback_days": "14",
        **_management("variants", 2, 0),
        "variants-0-key": "control",
        "variants-0-version": active.pk,
        "variants-0-weight": "0.5",
        "variants-0-is_control": "on",
        "variants-1-key": "candidate",
        "variants-1-version": active.pk,
        "variants-1-weight": "0.5",
        **_management("guardrails", 0, 0),
    }
    sent = {**data, **changes}
    return {name: value for name, value in sent.items() if value is not None}


def _management(prefix: str, total: int, initial: int) -> dict[str, Any]:
    return {f"{prefix}-TOTAL_FORMS": total, f"{prefix}-INITIAL_FORMS": initial}


def _row(row: dict[str, Any]) -> dict[str, Any]:
    """A box that is not ticked is not sent."""
    flags = {name: "on" for name, value in row.items() if value is True}
    return {name: value for name, value in row.items() if value is not False} | flags


def _sent(value: Any) -> Any:
    return "" if value is None else value
