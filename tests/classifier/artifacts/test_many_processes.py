"""Processes that fetch the same at once, or die while they do."""

import multiprocessing
import os
import shutil
import signal
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from pytest_django import Settings

from classifier.artifacts import keep_folder, local_folder, mend_folder
from classifier.engine.manifest import Manifest
from tests.artifacts import stored_blob
from tests.classifier.artifacts.conftest import FILES, files_under, read, write

PROCESSES = 6
PATIENCE = 60

fork = multiprocessing.get_context("fork")


@pytest.fixture
def large(tmp_path: Path) -> dict[str, bytes]:
    return {**FILES, "encoder/model.onnx": os.urandom(8_000_000)}


def fetch_together(barrier: Barrier, digest: str) -> None:
    barrier.wait(PATIENCE)
    local_folder(digest)
    assert not mend_folder(digest)


def keep_together(barrier: Barrier, draft: Path) -> None:
    barrier.wait(PATIENCE)
    keep_folder(draft)


def test_processes_that_fetch_at_once_end_with_one_whole_copy(
    tmp_path: Path, settings: Settings, large: dict[str, bytes]
) -> None:
    digest = keep_folder(write(tmp_path / "draft", large))
    shutil.rmtree(settings.LOCAL_DIR)
    barrier = fork.Barrier(PROCESSES)
    processes = [
        fork.Process(target=fetch_together, args=(barrier, digest)) for _ in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(PATIENCE)
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    assert read(local_folder(digest)) == large
    assert not files_under(Path(settings.LOCAL_DIR) / "artifacts" / "drafts")


def test_processes_that_keep_the_same_at_once_store_it_once(
    tmp_path: Path, apart: Path, large: dict[str, bytes]
) -> None:
    barrier = fork.Barrier(PROCESSES)
    drafts = [write(tmp_path / f"draft-{number}", large) for number in range(PROCESSES)]
    processes = [fork.Process(target=keep_together, args=(barrier, draft)) for draft in drafts]
    for process in processes:
        process.start()
    for process in processes:
        process.join(PATIENCE)
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    assert len(files_under(apart / "store")) == len(large) + 1
    shutil.rmtree(apart / "local")
    assert read(local_folder(Manifest.of(drafts[0]).digest)) == large


def test_a_process_that_is_killed_while_it_fetches_leaves_nothing_that_counts(
    draft: Path, settings: Settings
) -> None:
    digest = keep_folder(draft)
    shutil.rmtree(settings.LOCAL_DIR)
    blob = stored_blob(Manifest.of(draft).files["encoder/model.onnx"].sha256)
    content = blob.read_bytes()
    blob.unlink()
    os.mkfifo(blob)
    process = fork.Process(target=local_folder, args=(digest,))
    process.start()
    with blob.open("wb") as pipe:
        # It has begun to read, and waits for more.
        pipe.write(content[:100])
        pipe.flush()
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join(PATIENCE)
    assert process.exitcode == -signal.SIGKILL
    blob.unlink()
    blob.write_bytes(content)
    assert "model.onnx" not in {path.name for path in files_under(Path(settings.LOCAL_DIR))}
    assert read(local_folder(digest)) == FILES
