"""No Docker engine is needed here: the file is read, and what it names is looked up."""

import re
import shlex

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class

from monitoring.runbooks import DOCUMENT
from tests.deploy.dockerfile import (
    ROOT,
    Copy,
    Stage,
    copies,
    environment,
    exec_form,
    is_ignored,
    lineage,
    read_stages,
)

STAGES = read_stages()
FINAL = ("web", "worker")
EVERY_COPY = [(stage, copy) for stage in STAGES.values() for copy in copies(stage)]


def test_base_image_is_pinned_to_a_patch_release_of_python_3_11_slim() -> None:
    assert re.search(
        r"^ARG PYTHON_TAG=3\.11\.\d+-slim-\w+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE
    )
    assert STAGES["base"].base == "python:${PYTHON_TAG}"


def test_every_stage_is_built_on_a_stage_above_it() -> None:
    names = list(STAGES)
    for position, stage in enumerate(STAGES.values()):
        assert stage.name == "base" or stage.base in names[:position]


@pytest.mark.parametrize(("stage", "copy"), EVERY_COPY)
def test_what_is_copied_exists(stage: Stage, copy: Copy) -> None:
    if copy.origin is not None:
        above = list(STAGES)[: list(STAGES).index(stage.name)]
        assert copy.origin in above
        return
    for source in copy.sources:
        assert (ROOT / source).exists()
        assert not is_ignored(source)


def test_every_app_of_the_project_is_copied() -> None:
    copied = {
        source for stage in lineage(STAGES, "web") for c in copies(stage) for source in c.sources
    }
    own = {app for app in settings.INSTALLED_APPS if (ROOT / app).is_dir()}
    assert own | {"txcat", "templates", "manage.py"} <= copied


@pytest.mark.parametrize("name", FINAL)
def test_the_runbooks_are_where_the_admin_reads_them(name: str) -> None:
    targets = {
        copy.target
        for stage in lineage(STAGES, name)
        for copy in copies(stage)
        if DOCUMENT in copy.sources
    }
    assert targets == {f"./{DOCUMENT}"}


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        ".git/config",
        ".venv/bin/python",
        "var/secret_key",
        "var/txcat.sqlite3",
        "tests/settings.py",
        "classifier/__pycache__/apps.cpython-311.pyc",
    ],
)
def test_secrets_and_leftovers_stay_out_of_the_build(path: str) -> None:
    assert is_ignored(path)


@pytest.mark.parametrize(
    "path", ["classifier/data/taxonomy.yaml", "txcat/gunicorn.conf.py", DOCUMENT]
)
def test_code_and_data_enter_the_build(path: str) -> None:
    assert (ROOT / path).is_file()
    assert not is_ignored(path)


@pytest.mark.parametrize("name", FINAL)
def test_a_final_image_runs_as_a_user_of_its_own(name: str) -> None:
    users = [user for stage in lineage(STAGES, name) for user in stage.values("USER")]
    assert users[-1:] == ["txcat"]
    created = [run for stage in lineage(STAGES, name) for run in stage.values("RUN")]
    assert any(
        "useradd" in run and run.split("&&")[1].strip().endswith(" txcat") for run in created
    )


@pytest.mark.parametrize("name", FINAL)
def test_a_final_image_installs_nothing_itself(name: str) -> None:
    commands = [run for stage in lineage(STAGES, name) for run in stage.values("RUN")]
    assert not [run for run in commands if "pip" in run or "apt" in run]


def test_web_has_the_slim_requirements_alone() -> None:
    origins = {copy.origin for copy in copies(STAGES["web"]) if copy.target == "/venv"}
    assert origins == {"web-venv"}
    words = [
        word
        for stage in lineage(STAGES, "web-venv")
        for run in stage.values("RUN")
        for word in shlex.split(run)
    ]
    assert [word for word in words if word.endswith(".txt")] == ["requirements-web.txt"]


def test_worker_has_all_requirements() -> None:
    origins = {copy.origin for copy in copies(STAGES["worker"]) if copy.target == "/venv"}
    assert origins == {"worker-venv"}
    assert "-r requirements.txt" in STAGES["worker-venv"].values("RUN")[-1]


def test_torch_from_its_own_index_is_the_pinned_one() -> None:
    requirements = (ROOT / "requirements.txt").read_text().splitlines()
    assert len([line for line in requirements if line.startswith("torch==")]) == 1
    assert "$(grep '^torch==' requirements.txt)" in STAGES["worker-venv"].values("RUN")[-1]


@pytest.mark.parametrize("name", FINAL)
def test_a_final_image_starts_without_a_shell_and_stops_on_sigterm(name: str) -> None:
    [command] = STAGES[name].values("CMD")
    assert exec_form(command)[0] == "python"
    assert STAGES[name].values("STOPSIGNAL") == ["SIGTERM"]


def test_the_worker_asks_for_its_own_health_by_a_command_that_there_is() -> None:
    [value] = STAGES["worker"].values("HEALTHCHECK")
    python, script, name, *arguments = exec_form(value.partition(" CMD ")[2])
    assert (python, script, name) == ("python", "manage.py", "check_health")
    app = get_commands()[name]
    parser = load_command_class(str(app), name).create_parser(script, name)
    assert parser.parse_args(arguments).role == "worker"


def test_state_lives_on_the_data_volume() -> None:
    for name in FINAL:
        assert environment(STAGES, name)["TXCAT_DATA_DIR"] == "/data"
        assert "/data" in [volume for s in lineage(STAGES, name) for volume in s.values("VOLUME")]


def test_copies_of_models_lie_on_a_volume_that_the_user_of_the_image_owns() -> None:
    for name in FINAL:
        local = environment(STAGES, name)["TXCAT_LOCAL_DIR"]
        stages = lineage(STAGES, name)
        assert local in [volume for stage in stages for volume in stage.values("VOLUME")]
        commands = [run for stage in stages for run in stage.values("RUN")]
        (install,) = [
            shlex.split(part) for run in commands for part in run.split("&&") if "install " in part
        ]
        assert {"--owner=txcat", "--group=txcat", "/data", local} <= set(install)


def test_no_image_carries_a_secret() -> None:
    for name in FINAL:
        variables = environment(STAGES, name)
        assert not {"SECRET_KEY", "DATABASE_URL", "POSTGRES_PASSWORD"} & variables.keys()


def test_web_listens_to_all_addresses_on_the_port_it_exposes() -> None:
    variables = environment(STAGES, "web")
    assert variables["TXCAT_HOST"] == "0.0.0.0"  # noqa: S104 (inside a container)
    assert STAGES["web"].values("EXPOSE") == [variables["PORT"]]
