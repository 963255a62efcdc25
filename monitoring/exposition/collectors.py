"""What processes counted, as prometheus_client's registries ask for it. Imports no Django."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from prometheus_client import REGISTRY
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from monitoring.exposition import files

# Of the process that happens to answer, prometheus_client has figures too: they say nothing of
# the others.
PREFIXES = ("txcat_", "django_http_")


class FilesCollector(Collector):
    """Of the processes whose files are in the folders."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = tuple(folders)

    def collect(self) -> Iterator[Metric]:
        yield from files.read(self._folders)


class OwnCollector(Collector):
    """Of this process alone: commands, tests, a server under development."""

    def collect(self) -> Iterator[Metric]:
        yield from (family for family in REGISTRY.collect() if family.name.startswith(PREFIXES))
