"""All that `/metrics` says."""

from prometheus_client import CollectorRegistry

from monitoring.exposition import files
from monitoring.exposition.collectors import FilesCollector, OwnCollector
from monitoring.exposition.states import StateCollector


def web_registry() -> CollectorRegistry:
    """What the web server tells: every process of this machine, of whatever role, and states."""
    folder = files.folder_of_process()
    registry = CollectorRegistry()
    if folder is None:
        registry.register(OwnCollector())
    else:
        registry.register(FilesCollector(sorted(folder.parent.glob("*"))))
    registry.register(StateCollector())
    return registry
