"""What many processes count is told once: while they live, and after."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from monitoring.exposition import files
from tests.monitoring.exposition.counting import CUPS, SPOONS, STIRS, counting, kill, read
from tests.processes import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "web"
    files.clear(folder)
    return folder


def test_two_processes_are_added_up(folder: Path) -> None:
    with counting(folder, 2):
        found = read(folder)
    assert (found[SPOONS], found[STIRS], found[CUPS]) == (6, 2, 10)


def test_the_counts_of_the_dead_stay_and_what_they_held_goes(folder: Path) -> None:
    with counting(folder, 2) as (first, _):
        kill(first)
        found = read(folder)
    assert (found[SPOONS], found[STIRS], found[CUPS]) == (6, 2, 5)


def test_the_files_of_the_dead_become_two(folder: Path) -> None:
    with counting(folder, 3):
        pass
    assert files.add_up_dead(folder) == 9
    assert {path.name for path in folder.glob("*.db")} == {
        "counter_dead1.db",
        "histogram_dead1.db",
    }
    assert files.add_up_dead(folder) == 0


def test_the_dead_are_added_to_the_dead(folder: Path) -> None:
    for so_far in (3, 6, 9):
        with counting(folder):
            pass
        assert read(folder)[SPOONS] == so_far


def test_who_is_killed_while_adding_up_doubles_nothing(folder: Path, tmp_path: Path) -> None:
    """Killed after the sum was in force, before its parts were removed."""
    with counting(folder, 2):
        pass
    shutil.copytree(folder, tmp_path / "before")
    files.add_up_dead(folder)
    for path in (tmp_path / "before").glob("*.db"):
        shutil.copy(path, folder)
    assert read(folder)[SPOONS] == 6
    assert len(list(folder.glob("*.db"))) == 2


def test_who_is_killed_before_the_sum_is_in_force_loses_nothing(
    folder: Path, tmp_path: Path
) -> None:
    with counting(folder, 2):
        pass
    shutil.copytree(folder, tmp_path / "before")
    files.add_up_dead(folder)
    (folder / files.POINTER_FILE).unlink()
    for path in (tmp_path / "before").glob("*.db"):
        shutil.copy(path, folder)
    assert read(folder)[SPOONS] == 6


def test_an_id_that_is_used_again_is_another_process(folder: Path) -> None:
    """The file bears this process's id, and the start of another that had it."""
    with counting(folder):
        [counter] = folder.glob("counter_*.db")
        counted = counter.read_bytes()
    for path in folder.glob("*.db"):
        path.unlink()
    (folder / f"counter_{os.getpid()}-1.db").write_bytes(counted)
    assert read(folder)[SPOONS] == 3
    with counting(folder):
        assert read(folder)[SPOONS] == 6


def test_a_file_that_is_just_being_made_is_passed_over(folder: Path) -> None:
    with counting(folder):
        (folder / f"counter_{files.own_name()}.db").touch()
        assert read(folder)[SPOONS] == 3


def test_a_role_that_begins_anew_forgets_the_dead_and_keeps_who_runs(folder: Path) -> None:
    with counting(folder, 2) as (first, _):
        kill(first)
        read(folder)
        files.clear(folder)
        assert read(folder)[SPOONS] == 3


def test_a_sum_that_cannot_be_written_loses_and_doubles_nothing(folder: Path) -> None:
    """The next sum's place is taken, as by a full disk."""
    with counting(folder, 2) as (first, _):
        kill(first)
        (folder / "counter_dead1.db").mkdir()
        with pytest.raises(OSError, match="directory"):
            files.add_up_dead(folder)
        found = read(folder)
        assert (found[SPOONS], found[STIRS], found[CUPS]) == (6, 2, 5)
        (folder / "counter_dead1.db").rmdir()
        assert read(folder)[SPOONS] == 6


def test_a_folder_that_is_emptied_is_made_again(folder: Path) -> None:
    shutil.rmtree(folder)
    with counting(folder):
        assert read(folder)[SPOONS] == 3


def test_a_folder_that_is_not_there_has_nothing(tmp_path: Path) -> None:
    assert files.read([tmp_path / "worker"]) == []


def test_roles_are_told_apart(tmp_path: Path) -> None:
    folders = [tmp_path / "web", tmp_path / "worker"]
    for folder in folders:
        files.clear(folder)
    with counting(folders[0], 2), counting(folders[1]):
        [family] = [family for family in files.read(folders) if family.name == "spoons"]
    found = {sample.labels["role"]: sample.value for sample in family.samples}
    assert found == {"web": 6, "worker": 3}


def test_no_read_sees_a_value_twice_or_not_at_all(folder: Path) -> None:
    """Processes end and are added up, while others read."""
    many = """
import os, sys
from pathlib import Path
from monitoring.exposition import files
files.enter(Path(sys.argv[1]))
from prometheus_client import Counter
counter = Counter("spoons_total", "Spoons.")
for _ in range(60):
    if os.fork() == 0:
        counter.inc()
        os._exit(0)
    os.wait()
    files.add_up_dead(Path(sys.argv[1]))
"""
    seen: list[float] = []
    process = subprocess.Popen([sys.executable, "-c", many, str(folder)], cwd=ROOT)

    def look() -> None:
        while process.poll() is None:
            seen.append(read(folder).get(SPOONS, 0))

    readers = [Thread(target=look) for _ in range(2)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert process.returncode == 0
    assert read(folder)[SPOONS] == 60
    assert set(seen) <= set(range(61))
    assert len(seen) > 2


def test_a_file_has_its_blocks_before_it_is_written_to(folder: Path) -> None:
    """On a full disk a page without one would end the process by a signal."""
    with counting(folder):
        for path in folder.glob("*.db"):
            assert path.stat().st_blocks * 512 >= path.stat().st_size
