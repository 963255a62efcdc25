"""The counters of many processes, by prometheus_client's multiprocess mode: each process writes
files of its own into its role's folder, and a scrape adds them up.

What a process counted outlives it: its counters and histograms are added to one file of the dead,
its gauges are dropped. The files bear names that no other process gets (its id and when it
started), so that an id that is used again neither loses nor doubles anything.

Imports no Django: the worker's metrics are served by a process that has none.
"""

import fcntl
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import values
from prometheus_client.metrics_core import Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
LOCK_FILE = "lock"
POINTER_FILE = "dead.json"
# What adds up over processes, the dead ones as well.
ADDITIVE = ("counter", "histogram")
FIRST_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which file of the dead counts, and whose files are in it; one file, replaced at once.

    A process that dies while it adds up leaves either the old state or the new one: what `added`
    names is never read again, be it removed yet or not.
    """

    generation: int = 0
    added: frozenset[str] = frozenset()

    @classmethod
    def read(cls, folder: Path) -> "Pointer":
        try:
            content = json.loads((folder / POINTER_FILE).read_text())
        except FileNotFoundError:
            return cls()
        return cls(content["generation"], frozenset(content["added"]))

    def write(self, folder: Path) -> None:
        draft = folder / f"{POINTER_FILE}.draft"
        draft.write_text(json.dumps({"generation": self.generation, "added": sorted(self.added)}))
        draft.replace(folder / POINTER_FILE)

    def dead_file(self, folder: Path, kind: str) -> Path:
        return folder / f"{kind}_dead{self.generation}.db"


class ReservedFile(MmapedDict):
    """Has its blocks on the disk before it is written to: a page that a full disk has no room for
    would end the process by a signal, where this raises OSError."""

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        if not read_mode:
            Path(filename).parent.mkdir(parents=True, exist_ok=True)
            _reserve(Path(filename), FIRST_BYTES)
        super().__init__(filename, read_mode)  # type: ignore[no-untyped-call]

    def _init_value(self, key: str) -> None:
        if self._used + _entry_bytes(key) > self._capacity:
            _reserve(Path(self._fname), 2 * self._capacity)
        super()._init_value(key)  # type: ignore[no-untyped-call]


def _reserve(path: Path, size: int) -> None:
    with path.open("ab") as file:
        os.posix_fallocate(file.fileno(), 0, size)


def _entry_bytes(key: str) -> int:
    """At most: a length, the padded key, a value and a time."""
    return 4 + len(key.encode()) + 8 + 16


def clear(folder: Path) -> None:
    """Begin anew: forget all but what processes count that run, those of a server that is being
    replaced. Only the first process of a role may, before it starts others."""
    with _locked(folder):
        for path in folder.iterdir():
            if path.name != LOCK_FILE and not (path.suffix == ".db" and is_running(_owner(path))):
                path.unlink()


def enter(folder: Path) -> None:
    """Let this process and those that it forks count in `folder`. Must come before any metric is
    made: what was made earlier is counted for nobody."""
    os.environ[FOLDER_VARIABLE] = str(folder)
    # prometheus_client looks both up when a metric is made.
    values.MmapedDict = ReservedFile  # type: ignore[attr-defined]
    values.ValueClass = values.MultiProcessValue(own_name)


def folder_of_process() -> Path | None:
    """Where this process counts; None where it counts in memory, for itself."""
    folder = os.environ.get(FOLDER_VARIABLE)
    return Path(folder) if folder else None


_name = ""


def own_name() -> str:
    """Of this process among all that ever write to its folder. Asked at each count."""
    global _name
    if not _name:
        pid = os.getpid()
        _name = f"{pid}-{_started(pid)}"
    return _name


def _forget_name() -> None:
    global _name
    _name = ""


os.register_at_fork(after_in_child=_forget_name)


def _owner(path: Path) -> str:
    """Whose a file is: `gauge_livesum_<name>.db`."""
    return path.stem.rpartition("_")[2]


def _started(pid: int) -> str | None:
    """When a process began, in clock ticks since the machine did; None where there is none."""
    try:
        line = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # After the program's name, which may hold spaces and parentheses.
    state, *fields = line.rpartition(")")[2].split()
    # A zombie writes no more.
    return None if state in "ZX" else fields[18]


def is_running(name: str) -> bool:
    pid, _, started = name.partition("-")
    return pid.isdecimal() and _started(int(pid)) == started


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Alone with the folder, of all that read it or add up."""
    # Of what is this machine's own, an operator may empty all.
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK_FILE).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def add_up_dead(folder: Path) -> int:
    """Add what dead processes counted to the file of the dead. Returns how many files went. Raises
    OSError where the disk is full: nothing is lost, and the next call adds it up."""
    with _locked(folder):
        return _add_up_dead(folder)


def _add_up_dead(folder: Path) -> int:
    pointer = Pointer.read(folder)
    # Looked for once: a process may begin at any moment.
    there = sorted(folder.glob("*.db"))
    counting = _counting(there, folder, pointer)
    for path in set(there) - set(counting):
        # Of somebody who was killed before they had removed it.
        path.unlink()
    dead = [path for path in counting if not _is_sum(path) and not is_running(_owner(path))]
    additive = [path for path in dead if path.name.startswith(ADDITIVE)]
    if additive:
        _write_dead(folder, pointer, additive)
    for path in dead:
        path.unlink()
    return len(dead)


def _counting(there: Iterable[Path], folder: Path, pointer: Pointer) -> list[Path]:
    """The files that count, of those that are there."""
    sums = {pointer.dead_file(folder, kind) for kind in ADDITIVE}
    return [
        path
        for path in there
        if (path in sums if _is_sum(path) else path.name not in pointer.added)
    ]


def _is_sum(path: Path) -> bool:
    return _owner(path).startswith("dead")


def _write_dead(folder: Path, before: Pointer, paths: Iterable[Path]) -> None:
    after = Pointer(before.generation + 1, frozenset(path.name for path in paths))
    for kind in ADDITIVE:
        old, new = before.dead_file(folder, kind), after.dead_file(folder, kind)
        new.unlink(missing_ok=True)
        sums: dict[str, float] = defaultdict(float)
        for path in (old, *(path for path in paths if path.name.startswith(kind))):
            for key, value in _values(path):
                sums[key] += value
        if sums:
            file = ReservedFile(str(new))
            for key, value in sums.items():
                file.write_value(key, value, 0.0)  # type: ignore[no-untyped-call]
            file.close()  # type: ignore[no-untyped-call]
    after.write(folder)
    for kind in ADDITIVE:
        before.dead_file(folder, kind).unlink(missing_ok=True)


def _values(path: Path) -> Iterator[tuple[str, float]]:
    if _is_begun(path):
        for key, value, _, _ in MmapedDict.read_all_values_from_file(str(path)):
            yield key, value


def _is_begun(path: Path) -> bool:
    """A process that is just making its file has not given it a size."""
    return path.exists() and path.stat().st_size > 0


def read(folders: Iterable[Path]) -> list[Metric]:
    """What all processes counted, each value once, by metric: the living ones' as it is now, the
    dead ones' as it was. A folder that is not there has none.

    Each sample has a label `role`, its folder's name: a role that begins anew would else look as
    if all roles did, and a rate would count again what the others have counted.
    """
    families: dict[str, Metric] = {}
    for folder in folders:
        for family in _read_folder(folder) if folder.is_dir() else ():
            samples = [
                sample._replace(labels={**sample.labels, "role": folder.name})
                for sample in family.samples
            ]
            families.setdefault(family.name, family)
            if families[family.name] is family:
                family.samples = samples
            else:
                families[family.name].samples += samples
    return sorted(families.values(), key=lambda family: family.name)


def _read_folder(folder: Path) -> list[Metric]:
    with _locked(folder):
        # Where the disk is full, each file is read by itself.
        with suppress(OSError):
            _add_up_dead(folder)
        paths = [
            str(path)
            for path in _counting(sorted(folder.glob("*.db")), folder, Pointer.read(folder))
            if _is_begun(path) and (path.name.startswith(ADDITIVE) or is_running(_owner(path)))
        ]
        return list(MultiProcessCollector.merge(paths))
