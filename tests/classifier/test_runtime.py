"""The process's engine: it follows activations, swaps whole, and falls back."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from classifier import runtime
from classifier.engine.manifest import file_digest
from classifier.engine.types import Transaction
from classifier.exceptions import NoEngineError
from classifier.models import Activation, ModelVersion
from classifier.runtime import Health
from classifier.services.activations import activate_version
from classifier.services.versions import build_version
from tests.artifacts import (
    copied,
    move_artifacts,
    put_store_away,
    rewrite,
    spoil,
    spoil_copy,
    stored,
)
from tests.classifier.conftest import announce, replace_by, replace_by_a_file
from tests.database import database_away

pytestmark = pytest.mark.django_db


def test_it_serves_the_active_version(active_version: ModelVersion) -> None:
    served = runtime.get().serving()
    assert served.name == active_version.name
    assert runtime.get().status().health is Health.OK


def test_a_process_has_one_runtime() -> None:
    assert runtime.get() is runtime.get()


def test_a_forked_process_makes_its_own() -> None:
    parent = runtime.get()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, b"own" if runtime.get() is not parent else b"inherited")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 20) == b"own"


def test_a_request_between_polls_costs_no_query(active_version: ModelVersion) -> None:
    runtime.get().serving()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        runtime.get().serving()
    assert len(queries) == 0


def test_a_poll_without_an_activation_is_one_query(due: None) -> None:
    runtime.get().serving()
    with CaptureQueriesContext(connection) as queries:
        runtime.get().serving()
    assert len(queries) == 1


def test_an_activation_is_followed_and_the_old_engine_goes_on(
    second_version: ModelVersion, due: None
) -> None:
    before = runtime.get().serving()
    activate_version(second_version)
    after = runtime.get().serving()
    assert (before.name, after.name) == ("v1", second_version.name)
    assert before.engine.classify([Transaction("NETFLIX.COM")])[0].category is not None
    assert after.engine.encoder is before.engine.encoder
    assert after.engine.cache is before.engine.cache


def test_what_is_activated_during_a_look_is_followed_by_the_next(
    second_version: ModelVersion, different_version: ModelVersion, settings: Settings
) -> None:
    # Nothing but `refresh` looks.
    settings.ENGINE_POLL_SECONDS = 600
    announce(second_version)
    coming = [different_version]

    def announce_after_the_first(execute: Any, *arguments: Any) -> Any:
        answer = execute(*arguments)
        if coming:
            announce(coming.pop())
        return answer

    held = runtime.Runtime()
    with connection.execute_wrapper(announce_after_the_first):
        held.refresh()
    status = held.status()
    assert (status.serving, status.health) == (second_version.name, Health.OK)
    held.refresh()
    assert held.status().serving == different_version.name


def test_a_rollback_is_followed_too(
    active_version: ModelVersion, second_version: ModelVersion, due: None
) -> None:
    runtime.get().serving()
    activate_version(second_version)
    assert runtime.get().serving().name == second_version.name
    activate_version(ModelVersion.objects.get(pk=active_version.pk))
    assert runtime.get().serving().name == active_version.name


def test_a_version_that_cannot_be_loaded_leaves_the_old_one_serving(
    active_version: ModelVersion, second_version: ModelVersion, due: None
) -> None:
    runtime.get().serving()
    activate_version(second_version)
    spoil(second_version)
    assert runtime.get().serving().name == active_version.name
    status = runtime.get().status()
    assert status.health is Health.DEGRADED
    assert status.wanted == second_version.name
    assert "config.json" in status.reason


def test_a_new_process_falls_back_to_the_last_version_that_loads(
    active_version: ModelVersion, second_version: ModelVersion
) -> None:
    activate_version(second_version)
    spoil(second_version)
    runtime.reset()
    assert runtime.get().serving().name == active_version.name
    assert runtime.get().status().health is Health.DEGRADED


def test_a_repaired_version_is_taken_up_without_another_activation(
    second_version: ModelVersion, due: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = stored(second_version, "config.json")
    good = blob.read_bytes()
    activate_version(second_version)
    spoil(second_version)
    assert runtime.get().serving().name != second_version.name
    blob.write_bytes(good)
    monkeypatch.setattr(runtime, "RETRY_SECONDS", 0.0)
    assert runtime.get().serving().name == second_version.name
    assert runtime.get().status().health is Health.OK


@pytest.mark.parametrize("name", ["config.json", "examples.safetensors", "encoder/tokenizer.json"])
def test_a_copy_that_is_damaged_here_is_fetched_again_and_serves(
    name: str, second_version: ModelVersion, due: None, caplog: pytest.LogCaptureFixture
) -> None:
    runtime.get().serving()
    spoil_copy(second_version, name)
    announce(second_version)
    assert runtime.get().serving().name == second_version.name
    assert runtime.get().status().health is Health.OK
    assert f"{copied(second_version, name)} is not the file that was built" in caplog.text


def test_a_byte_of_the_model_that_is_altered_here_is_found_before_the_model_is_loaded(
    active_version: ModelVersion, caplog: pytest.LogCaptureFixture
) -> None:
    model = copied(active_version, "encoder/model.onnx")
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 1
    rewrite(model, bytes(content))
    held = runtime.Runtime()
    assert held.serving().engine.encoder is not runtime.get().serving().engine.encoder
    assert f"{model} is not the file that was built: its SHA-256 differs" in caplog.text
    assert file_digest(model) == active_version.encoder.digest


def test_copies_that_are_gone_are_fetched_from_the_store(
    second_version: ModelVersion, settings: Settings, tmp_path: Path, due: None
) -> None:
    settings.LOCAL_DIR = tmp_path / "another machine"
    activate_version(second_version)
    assert runtime.get().serving().name == second_version.name
    assert copied(second_version).is_relative_to(tmp_path)


def test_a_store_that_is_away_is_the_reason_until_it_is_back(
    active_version: ModelVersion,
    second_version: ModelVersion,
    due: None,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    runtime.get().serving()
    announce(second_version)
    before = settings.STORAGES
    settings.LOCAL_DIR = tmp_path
    put_store_away(settings)
    assert runtime.get().serving().name == active_version.name
    assert runtime.get().status().health is Health.DEGRADED
    assert "AwayError: connection refused" in runtime.get().status().reason
    settings.STORAGES = before
    monkeypatch.setattr(runtime, "RETRY_SECONDS", 0.0)
    assert runtime.get().serving().name == second_version.name


def test_nothing_that_loads_is_an_error_that_says_why(
    active_version: ModelVersion, settings: Settings, tmp_path: Path, due: None
) -> None:
    move_artifacts(settings, tmp_path)
    with pytest.raises(NoEngineError, match=r"manifest\.json cannot be fetched.* is not in the"):
        runtime.get().serving()
    assert runtime.get().status().health is Health.FAILED


def test_no_activation_at_all_is_an_error_that_says_so(due: None) -> None:
    Activation.objects.all().delete()
    with pytest.raises(NoEngineError, match="No version has been activated"):
        runtime.get().serving()


@pytest.mark.parametrize("break_it", [spoil, replace_by_a_file])
def test_a_broken_version_leaves_the_old_one_serving(
    break_it: Callable[[ModelVersion], None],
    active_version: ModelVersion,
    second_version: ModelVersion,
    due: None,
) -> None:
    runtime.get().serving()
    break_it(second_version)
    announce(second_version)
    assert runtime.get().serving().name == active_version.name
    assert runtime.get().status().health is Health.DEGRADED


def test_another_versions_files_in_its_place_are_refused(
    active_version: ModelVersion, second_version: ModelVersion, due: None
) -> None:
    replace_by(second_version, active_version)
    announce(second_version)
    assert runtime.get().serving().name == active_version.name
    assert "manifest.json cannot be fetched" in runtime.get().status().reason
    assert "is damaged" in runtime.get().status().reason


def test_a_database_that_is_away_is_the_reason_until_it_is_back(
    active_version: ModelVersion, due: None
) -> None:
    with database_away(), pytest.raises(NoEngineError, match="cannot be read: InterfaceError"):
        runtime.get().serving()
    assert runtime.get().serving().name == active_version.name


def test_a_database_that_comes_back_empty_is_told_apart(due: None) -> None:
    Activation.objects.all().delete()
    with database_away():
        assert "cannot be read" in runtime.get().status().reason
    assert runtime.get().status().reason == runtime.NOTHING_ACTIVATED


def test_a_database_that_was_away_hides_no_broken_version(
    second_version: ModelVersion, due: None
) -> None:
    runtime.get().serving()
    spoil(second_version)
    announce(second_version)
    runtime.get().serving()
    with database_away():
        assert "cannot be read" in runtime.get().status().reason
    assert "config.json" in runtime.get().status().reason


def test_older_versions_stay_loaded_up_to_a_bound(
    active_version: ModelVersion, settings: Settings, tmp_path: Path
) -> None:
    versions = [build_version(force=True)[0] for _ in range(runtime.KEPT_VERSIONS + 1)]
    held = runtime.get()
    serving = held.serving()
    loaded = [held.engine_for(version) for version in versions]
    assert list(held._loaded.values()) == loaded[1:]
    move_artifacts(settings, tmp_path)
    assert held.engine_for(active_version) is serving


def test_the_version_before_stays_loaded_beside_the_one_that_serves(
    active_version: ModelVersion,
    second_version: ModelVersion,
    due: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runtime, "KEPT_VERSIONS", 1)
    before = runtime.get().serving()
    activate_version(second_version)
    after = runtime.get().serving()
    assert runtime.get().engine_for(active_version) is before
    assert runtime.get().engine_for(second_version) is after


def test_the_version_that_serves_is_not_given_up_for_older_ones_that_are_explained(
    active_version: ModelVersion,
    second_version: ModelVersion,
    due: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runtime, "KEPT_VERSIONS", 1)
    monkeypatch.setattr(runtime, "RETRY_SECONDS", 0.0)
    broken, _ = build_version(force=True)
    held = runtime.get()
    held.serving()
    activate_version(second_version)
    serving = held.serving()
    spoil(second_version)
    spoil(broken)
    announce(broken)
    held.engine_for(active_version)
    assert held.serving() is serving
    assert held.status().serving == second_version.name
