"""The worker's queue between its processes, which goes on when one of them is killed.

A process that waits for a task holds the lock of those who read. Python's is a semaphore: nobody
gives it back for one that is killed (by the kernel where memory runs out, say), and those that take
its place say that they live and wait forever.
"""

import fcntl
import tempfile
from types import TracebackType

from django_q import queues


class ProcessLock:
    """One process of many has it. The kernel takes it back at that one's end, whatever that is."""

    def __init__(self) -> None:
        # Without a name, open for as long as one of the processes lives.
        self._file = tempfile.TemporaryFile()  # noqa: SIM115

    def __enter__(self) -> None:
        # Not flock, which forked processes hold together.
        fcntl.lockf(self._file, fcntl.LOCK_EX)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        fcntl.lockf(self._file, fcntl.LOCK_UN)


class LastingQueue(queues.Queue):  # type: ignore[misc]
    """To be read by `get` without a limit of time, as django-q does."""

    def __init__(self, maxsize: int = 0) -> None:
        super().__init__(maxsize)
        self._rlock = ProcessLock()


def install() -> None:
    """For all that django-q makes from now on. Starts Django."""
    from django_q import cluster

    cluster.Queue = LastingQueue
