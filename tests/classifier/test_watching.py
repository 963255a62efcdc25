"""How a web process follows activations: in a thread of its own, beside those that answer."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import pytest
from pytest_django import Settings

from classifier import runtime
from classifier.engine.bundle import read_bundle
from classifier.engine.cache import EmbeddingCache
from classifier.engine.engine import Engine
from classifier.engine.types import Transaction
from classifier.models import ModelVersion
from classifier.runtime import Health, Runtime
from classifier.services.activations import activate_version
from classifier.services.versions import build_version
from tests.artifacts import copied, lose_copies, move_artifacts, put_store_away, spoil
from tests.classifier.conftest import Gate, announce, replace_by_a_file
from tests.database import connection_for_all_threads, database_away

pytestmark = pytest.mark.django_db

# Seconds after which what a test waits for is taken never to come.
PATIENCE = 60
TEXTS = ("corner bakery", "SQ *BLUE BOTTLE 0423 OAKLAND CA", "NETFLIX.COM")


class Log(logging.Handler):
    """What the runtime says, for a test to wait for."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: SimpleQueue[str] = SimpleQueue()

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.put(record.getMessage())

    def wait_for(self, words: str) -> None:
        """Until a line holds the words, of those not looked at before."""
        while words not in self._lines.get(timeout=PATIENCE):
            pass


@pytest.fixture
def log() -> Iterator[Log]:
    handler, logger = Log(), logging.getLogger("classifier.runtime")
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(level)


@pytest.fixture
def held(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runtime]:
    """This process's runtime, not started yet."""
    settings.ENGINE_POLL_SECONDS = 0.01
    monkeypatch.setattr(runtime, "RETRY_SECONDS", 0.0)
    with connection_for_all_threads():
        yield runtime.get()
        runtime.get().stop()


def facts(engine: Engine, text: str) -> tuple[object, ...]:
    """All of an answer that its version alone decides."""
    decision = engine.classify([Transaction(text)])[0]
    return (decision.category, decision.confidence, decision.score, decision.margin)


def test_the_first_version_is_loaded_before_start_returns(
    active_version: ModelVersion, held: Runtime
) -> None:
    held.start()
    assert held.status().health is Health.OK
    assert held.serving().name == active_version.name


def test_an_activation_is_followed(second_version: ModelVersion, held: Runtime, log: Log) -> None:
    held.start()
    activate_version(second_version)
    log.wait_for(f"Serving version {second_version.name}")
    assert held.serving().name == second_version.name


@pytest.mark.parametrize("break_it", [spoil, replace_by_a_file])
def test_a_broken_version_does_not_end_the_watcher(
    break_it: Callable[[ModelVersion], None],
    active_version: ModelVersion,
    second_version: ModelVersion,
    held: Runtime,
    log: Log,
) -> None:
    third, _ = build_version(force=True)
    break_it(second_version)
    held.start()
    announce(second_version)
    log.wait_for(f"Version {second_version.name} cannot be loaded")
    assert held.serving().name == active_version.name
    activate_version(third)
    log.wait_for(f"Serving version {third.name}")
    assert held.status().health is Health.OK


def test_a_database_that_goes_away_does_not_end_the_watcher(
    active_version: ModelVersion, second_version: ModelVersion, held: Runtime, log: Log
) -> None:
    held.start()
    with database_away():
        log.wait_for("The active version cannot be read")
        assert held.serving().name == active_version.name
        assert held.status().health is Health.OK
    activate_version(second_version)
    log.wait_for(f"Serving version {second_version.name}")


def test_a_store_that_goes_away_does_not_end_the_watcher(
    active_version: ModelVersion,
    second_version: ModelVersion,
    held: Runtime,
    log: Log,
    settings: Settings,
) -> None:
    held.start()
    before = settings.STORAGES
    put_store_away(settings)
    lose_copies(second_version)
    announce(second_version)
    log.wait_for(f"Version {second_version.name} cannot be loaded")
    assert held.serving().name == active_version.name
    settings.STORAGES = before
    log.wait_for(f"Serving version {second_version.name}")
    assert held.status().health is Health.OK


def test_a_process_starts_without_its_files_and_takes_them_up(
    active_version: ModelVersion, held: Runtime, log: Log, settings: Settings, tmp_path: Path
) -> None:
    before = settings.LOCAL_DIR, settings.STORAGES
    move_artifacts(settings, tmp_path)
    (tmp_path / "store").write_text("")
    held.start()
    assert held.status().health is Health.FAILED
    assert "manifest.json cannot be fetched" in held.status().reason
    assert "Not a directory" in held.status().reason
    settings.LOCAL_DIR, settings.STORAGES = before
    log.wait_for(f"Serving version {active_version.name}")
    assert held.status().health is Health.OK


def test_a_process_starts_without_its_database_and_takes_it_up(
    active_version: ModelVersion, held: Runtime, log: Log
) -> None:
    with database_away():
        held.start()
        status = held.status()
        assert status.health is Health.FAILED
        assert status.reason == "The active version cannot be read: InterfaceError."
    log.wait_for(f"Serving version {active_version.name}")


def test_while_a_version_is_loaded_that_is_the_reason(
    active_version: ModelVersion, second_version: ModelVersion, held: Runtime, log: Log
) -> None:
    gate = Gate(second_version)
    held.start()
    announce(second_version)
    with gate.held_up():
        status = held.status()
        assert (status.serving, status.wanted) == (active_version.name, second_version.name)
        assert status.health is Health.DEGRADED
        assert status.reason == f"{second_version.name} is being loaded."
    log.wait_for(f"Serving version {second_version.name}")
    assert held.status().reason == ""


def test_stop_ends_the_thread(active_version: ModelVersion, held: Runtime) -> None:
    held.start()
    watcher = held._watcher
    assert watcher is not None
    assert watcher.is_alive
    held.stop()
    assert not watcher.is_alive


def test_explaining_an_old_prediction_does_not_delay_an_activation(
    active_version: ModelVersion, second_version: ModelVersion, held: Runtime
) -> None:
    gate = Gate(second_version)
    with ThreadPoolExecutor() as pool:
        explaining = pool.submit(held.engine_for, second_version)
        with gate.held_up():
            pool.submit(held.refresh).result(PATIENCE)
            assert held.status().serving == active_version.name
        assert explaining.result(PATIENCE).name == second_version.name


def test_a_version_is_loaded_once_however_many_want_it(
    active_version: ModelVersion, second_version: ModelVersion, held: Runtime
) -> None:
    activate_version(second_version)
    gate = Gate(second_version)
    with ThreadPoolExecutor() as pool:
        explaining = pool.submit(held.engine_for, second_version)
        with gate.held_up():
            following = pool.submit(held.refresh)
            again = pool.submit(held.engine_for, second_version)
        following.result(PATIENCE)
        assert explaining.result(PATIENCE) is again.result(PATIENCE) is held.serving()


def test_requests_never_fail_while_versions_are_swapped(
    active_version: ModelVersion,
    different_version: ModelVersion,
    shared_runtime: Runtime,
    held: Runtime,
    log: Log,
) -> None:
    """Each answer is, bit for bit, that of the version that the request took."""
    versions = (different_version, active_version)
    encoder = shared_runtime.serving().engine.encoder
    expected = {}
    for version in versions:
        offline = Engine(read_bundle(copied(version)), encoder, EmbeddingCache(0))
        expected[version.name] = {text: facts(offline, text) for text in TEXTS}
    assert expected[active_version.name] != expected[different_version.name]

    def answer(text: str) -> tuple[str, bool]:
        served = held.serving()
        return served.name, facts(served.engine, text) == expected[served.name][text]

    def answers(count: int) -> list[Future[tuple[str, bool]]]:
        return [pool.submit(answer, TEXTS[index % len(TEXTS)]) for index in range(count)]

    held.start()
    log.wait_for(f"Serving version {active_version.name}")
    answered: Counter[str] = Counter()
    right = 0
    with ThreadPoolExecutor(3) as pool:
        for version in versions * 5:
            asked = answers(200)
            activate_version(ModelVersion.objects.get(pk=version.pk))
            log.wait_for(f"Serving version {version.name}")
            followed = [future.result(PATIENCE) for future in answers(20)]
            assert {name for name, _ in followed} == {version.name}
            results = [future.result(PATIENCE) for future in asked] + followed
            answered.update(name for name, _ in results)
            right += sum(is_right for _, is_right in results)
    assert min(answered[version.name] for version in versions) >= 100
    assert right == answered.total() == 5 * 2 * 220
