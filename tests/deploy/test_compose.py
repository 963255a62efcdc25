"""compose.yaml against what it names: the Dockerfile, the settings, the manual."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.dockerfile import ROOT, environment, read_stages
from tests.txcat.test_readme_settings import variables_documented

TEXT = (ROOT / "compose.yaml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
BUILT = [name for name, service in SERVICES.items() if "build" in service]
LONG_RUNNING = [name for name in SERVICES if name != "bootstrap"]
VARIABLE = re.compile(r"\$\{(\w+)(?:(:?[?-])([^}]*))?\}")
# Set by the person who runs it, and never by this file.
REQUIRED = {"SECRET_KEY", "POSTGRES_PASSWORD", "ALLOWED_HOSTS"}


def test_the_services_are_those_of_the_plan() -> None:
    assert set(SERVICES) == {"database", "redis", "bootstrap", "web", "worker"}


@pytest.mark.parametrize("name", BUILT)
def test_a_built_service_names_a_target_and_arguments_of_the_dockerfile(name: str) -> None:
    build = SERVICES[name]["build"]
    assert build["target"] in read_stages()
    for argument in build.get("args", {}):
        assert re.search(rf"^ARG {argument}\b", (ROOT / "Dockerfile").read_text(), re.MULTILINE)


def test_services_that_share_an_image_share_its_build() -> None:
    assert SERVICES["bootstrap"]["image"] == SERVICES["worker"]["image"]
    assert SERVICES["bootstrap"]["build"] == SERVICES["worker"]["build"]


@pytest.mark.parametrize("name", BUILT)
def test_every_variable_of_a_service_is_one_that_the_settings_read(name: str) -> None:
    settings = (ROOT / "txcat" / "settings.py").read_text()
    for variable in SERVICES[name]["environment"]:
        assert re.search(rf'\(\s*"{variable}"', settings), variable


@pytest.mark.parametrize("name", BUILT)
def test_every_process_of_txcat_has_the_same_database_key_and_queue(name: str) -> None:
    shared = {"SECRET_KEY", "DATABASE_URL", "REDIS_URL", "ALLOWED_HOSTS"}
    web = SERVICES["web"]["environment"]
    for variable in shared:
        assert SERVICES[name]["environment"][variable] == web[variable]


def test_secrets_have_no_default_and_say_what_is_missing() -> None:
    for variable, mark, message in VARIABLE.findall(TEXT):
        if variable in REQUIRED:
            assert mark == ":?", variable
            assert message, variable
    assert {variable for variable, _, _ in VARIABLE.findall(TEXT)} >= REQUIRED


def test_nothing_else_is_required() -> None:
    required = {variable for variable, mark, _ in VARIABLE.findall(TEXT) if "?" in mark}
    assert required == REQUIRED


def test_every_variable_is_documented() -> None:
    texts = (ROOT / "docs" / "operations.md").read_text() + (ROOT / "README.md").read_text()
    variables = {variable for variable, _, _ in VARIABLE.findall(TEXT)}
    assert [name for name in sorted(variables) if f"`{name}`" not in texts] == []


def test_every_documented_setting_reaches_a_container_but_what_its_image_sets() -> None:
    handed = {name for service in BUILT for name in SERVICES[service]["environment"]}
    # A folder, port or address of the image's own, and what is never for production.
    kept = {"TXCAT_DATA_DIR", "TXCAT_LOCAL_DIR", "TXCAT_STATIC_DIR", "PORT", "TXCAT_HOST", "DEBUG"}
    assert variables_documented() - handed == kept


@pytest.mark.parametrize("name", BUILT)
def test_every_process_answers_and_builds_by_the_same_settings(name: str) -> None:
    own = {"TXCAT_WEB_PROCESSES", "TXCAT_WEB_THREADS", "TXCAT_WORKERS"}
    own |= {"TXCAT_WORKER_METRICS_PORT", "TXCAT_WORKER_METRICS_HOST"}
    web = SERVICES["web"]["environment"]
    assert SERVICES[name]["environment"].keys() - own == web.keys() - own


def test_every_volume_is_declared_and_used() -> None:
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service["volumes"]}
    assert used == set(COMPOSE["volumes"])


@pytest.mark.parametrize("name", BUILT)
def test_every_process_of_txcat_reads_and_writes_the_same_store(name: str) -> None:
    """Web keeps uploads in it, which the worker reads."""
    assert SERVICES[name]["volumes"] == ["data:/data"]


@pytest.mark.parametrize("name", BUILT)
def test_copies_of_models_are_each_containers_own(name: str) -> None:
    stages = read_stages()
    local = environment(stages, SERVICES[name]["build"]["target"])["TXCAT_LOCAL_DIR"]
    assert "TXCAT_LOCAL_DIR" not in SERVICES[name]["environment"]
    for volume in SERVICES[name]["volumes"]:
        assert not Path(local).is_relative_to(volume.split(":")[1])


@pytest.mark.parametrize("name", ["web", "worker"])
def test_web_and_worker_wait_for_the_tables_and_the_first_version(name: str) -> None:
    condition = SERVICES[name]["depends_on"]["bootstrap"]["condition"]
    assert condition == "service_completed_successfully"


def test_bootstrap_runs_once_on_a_healthy_database_with_commands_that_exist() -> None:
    bootstrap = SERVICES["bootstrap"]
    assert bootstrap["restart"] == "no"
    assert bootstrap["depends_on"]["database"]["condition"] == "service_healthy"
    commands = re.findall(r"manage\.py (\w+)", bootstrap["command"][-1])
    assert commands == ["migrate", "sync_schedules", "bootstrap"]
    for app, command in (("monitoring", "sync_schedules"), ("classifier", "bootstrap")):
        assert (ROOT / app / "management" / "commands" / f"{command}.py").is_file()


@pytest.mark.parametrize("name", ["database", "redis"])
def test_a_store_has_a_health_check_a_volume_and_no_published_port(name: str) -> None:
    service = SERVICES[name]
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["volumes"]
    assert "ports" not in service


@pytest.mark.parametrize(("name", "major"), [("database", "postgres:16"), ("redis", "redis:7")])
def test_a_store_is_pinned_to_its_major_version(name: str, major: str) -> None:
    assert SERVICES[name]["image"].startswith(major)


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_a_long_running_service_comes_back(name: str) -> None:
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_web_is_published_on_this_machine_alone_unless_told() -> None:
    [port] = SERVICES["web"]["ports"]
    assert VARIABLE.sub(lambda match: match[3], port) == "127.0.0.1:8000:8000"
