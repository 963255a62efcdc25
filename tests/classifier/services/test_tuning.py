"""What autotune chose is kept when told, and read when a server starts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from classifier.exceptions import ConflictError
from classifier.models import Encoder, EncoderChoice, Job
from classifier.services.tuning import apply_tuning
from tests.encoders import derived_from

pytestmark = pytest.mark.django_db


@pytest.fixture
def tuned(encoder: Encoder, settings: Settings, tmp_path: Path) -> Job:
    """An autotune job that found the derived encoder to do most."""
    settings.TUNING_DIR = tmp_path / "tuning"
    derived = derived_from(encoder)
    trial = {"name": str(derived), "processes": 2, "threads": 1}
    measured = {"texts_per_second": 412.0, "p95_ms": 3.1, "peak_bytes": None, "refusal": None}
    return Job.objects.create(
        kind=Job.Kind.AUTOTUNE,
        status=Job.Status.SUCCEEDED,
        result={
            **trial,
            "trials": [{**trial, **measured}],
            "encoder": derived.pk,
            "reason": "the most texts/s.",
            "file": "a-machine-2.json",
        },
    )


def test_the_choice_is_kept_for_machines_like_the_one_it_ran_on(
    tuned: Job, admin_user: User
) -> None:
    path = apply_tuning(tuned, by=admin_user)
    assert path.name == "a-machine-2.json"
    assert path.read_text() == '{"web_processes": 2, "engine_threads": 1}\n'
    assert list(path.parent.iterdir()) == [path]
    choice = EncoderChoice.objects.all()[0]
    assert (choice.encoder_id, choice.by) == (tuned.result["encoder"], admin_user)
    assert tuned.events.get().by == admin_user


def test_a_job_that_chose_nothing_cannot_be_applied(tuned: Job) -> None:
    Job.objects.update(status=Job.Status.FAILED)
    tuned.refresh_from_db()
    with pytest.raises(ConflictError, match="has chosen nothing"):
        apply_tuning(tuned)


def test_the_jobs_page_shows_the_trials_and_applies_on_a_click(
    client: Client, tuned: Job, admin_user: User, settings: Settings
) -> None:
    client.force_login(admin_user)
    url = reverse("admin:classifier_job_apply", args=[tuned.pk])
    page = client.get(reverse("admin:classifier_job_change", args=[tuned.pk])).content.decode()
    assert url in page
    assert "412" in page
    client.post(url)
    assert (Path(settings.TUNING_DIR) / "a-machine-2.json").is_file()


PROGRAM = """
from txcat.settings import ENGINE_THREADS, TUNING_FILE, WEB_PROCESSES
print(TUNING_FILE, WEB_PROCESSES, ENGINE_THREADS)
"""


def settings_with(data: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "TXCAT_DATA_DIR": str(data), **variables}
    for name in ("TXCAT_WEB_PROCESSES", "TXCAT_ENGINE_THREADS"):
        environment.setdefault(name, "")
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_server_that_starts_reads_it_and_the_environment_goes_before(tmp_path: Path) -> None:
    file, _, threads = settings_with(tmp_path).stdout.split()
    assert threads == "1"
    Path(file).parent.mkdir()
    Path(file).write_text('{"web_processes": 7, "engine_threads": 3}')
    assert settings_with(tmp_path).stdout.split()[1:] == ["7", "3"]
    named = settings_with(tmp_path, TXCAT_WEB_PROCESSES="2", TXCAT_ENGINE_THREADS="5")
    assert named.stdout.split()[1:] == ["2", "5"]


@pytest.mark.parametrize("content", ["{", '{"web_processes": 0}', '{"web_processes": "2"}', "[]"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: str) -> None:
    file = Path(settings_with(tmp_path).stdout.split()[0])
    file.parent.mkdir()
    file.write_text(content)
    failed = settings_with(tmp_path)
    assert failed.returncode != 0
    assert str(file) in failed.stderr
