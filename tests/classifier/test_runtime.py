"""The process's engine: it follows activations, swaps whole, and falls back."""

import os
import shutil
import threading
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from classifier import runtime
from classifier.engine.types import Transaction
from classifier.exceptions import NoEngineError
from classifier.models import Activation, ModelVersion
from classifier.runtime import Health
from classifier.services.versions import activate_version, build_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def second_version(active_version: ModelVersion) -> ModelVersion:
    """Another version of the same input, with files of its own."""
    version, _ = build_version(force=True)
    return version


@pytest.fixture
def due(settings: pytest.FixtureRequest) -> None:
    """Every use looks for an activation and a failed load is tried again at once."""
    settings.ENGINE_POLL_SECONDS = 0  # type: ignore[attr-defined]


def folder(version: ModelVersion) -> Path:
    return Path(settings.ARTIFACTS_DIR) / version.folder


def spoil(version: ModelVersion) -> None:
    (folder(version) / "prototypes.safetensors").write_bytes(b"spoiled")


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
    assert "prototypes.safetensors" in status.reason


def test_a_new_process_falls_back_to_the_last_version_that_loads(
    active_version: ModelVersion, second_version: ModelVersion
) -> None:
    activate_version(second_version)
    spoil(second_version)
    runtime.reset()
    assert runtime.get().serving().name == active_version.name
    assert runtime.get().status().health is Health.DEGRADED


def test_a_repaired_version_is_taken_up_without_another_activation(
    second_version: ModelVersion, due: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    good = shutil.copytree(folder(second_version), tmp_path / "good")
    activate_version(second_version)
    spoil(second_version)
    assert runtime.get().serving().name != second_version.name
    shutil.copy2(good / "prototypes.safetensors", folder(second_version))
    monkeypatch.setattr(runtime, "RETRY_SECONDS", 0.0)
    assert runtime.get().serving().name == second_version.name
    assert runtime.get().status().health is Health.OK


def test_nothing_that_loads_is_an_error_that_says_why(
    active_version: ModelVersion, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, due: None
) -> None:
    monkeypatch.setattr(settings, "ARTIFACTS_DIR", tmp_path)
    with pytest.raises(NoEngineError, match=r"manifest\.json is missing"):
        runtime.get().serving()
    assert runtime.get().status().health is Health.FAILED


def test_no_activation_at_all_is_an_error_that_says_so(due: None) -> None:
    Activation.objects.all().delete()
    with pytest.raises(NoEngineError, match="No version has been activated"):
        runtime.get().serving()


def test_requests_never_fail_while_versions_are_swapped(
    active_version: ModelVersion, second_version: ModelVersion, due: None
) -> None:
    """Threads classify on what `serving` gave them while another swaps back and forth."""
    held = runtime.get()
    held.serving()
    expected = {
        version.name: held.engine_for(version)
        .engine.classify([Transaction("corner bakery")])[0]
        .confidence
        for version in (active_version, second_version)
    }
    stop, wrong = threading.Event(), []

    def work() -> None:
        # The pause leaves the interpreter to the thread that swaps.
        while not stop.wait(0.002):
            served = held._serving
            assert served is not None
            decision = served.engine.classify([Transaction("corner bakery")])[0]
            if decision.confidence != expected[served.name]:
                wrong.append(served.name)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(10):
        for version in (second_version, active_version):
            activate_version(ModelVersion.objects.get(pk=version.pk))
            held.refresh()
            assert held.serving().name == version.name
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_older_versions_stay_loaded_up_to_a_bound(active_version: ModelVersion) -> None:
    versions = [build_version(force=True)[0] for _ in range(runtime.KEPT_VERSIONS)]
    held = runtime.get()
    held.serving()
    for version in versions:
        held.engine_for(version)
    assert len(held._loaded) == runtime.KEPT_VERSIONS
