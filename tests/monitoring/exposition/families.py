"""What `/metrics` can tell, as the program has it: the truth for docs/metrics.md and deploy/."""

from dataclasses import dataclass

from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.metrics_core import Metric

from monitoring import middleware
from monitoring.exposition.collectors import PREFIXES
from monitoring.exposition.states import StateCollector


@dataclass(frozen=True)
class Family:
    name: str
    kind: str
    labels: tuple[str, ...]

    @property
    def series(self) -> set[str]:
        """Names of its samples."""
        if self.kind == "histogram":
            return {f"{self.name}_{suffix}" for suffix in ("bucket", "sum", "count")}
        return {self.name}


def families() -> list[Family]:
    """Of the counters of processes, and of the states; needs the database."""
    middleware.ViewMetrics.get_instance()
    counted = {
        id(collector): collector
        for collector in REGISTRY._collector_to_names
        if isinstance(collector, MetricWrapperBase) and collector._name.startswith(PREFIXES)
    }
    return [
        _family(metric, tuple(collector._labelnames))
        for collector in counted.values()
        for metric in collector.describe()
    ] + [_family(metric, vars(metric)["_labelnames"]) for metric in StateCollector().collect()]


def _family(metric: Metric, labels: tuple[str, ...]) -> Family:
    name = f"{metric.name}_total" if metric.type == "counter" else metric.name
    return Family(name, metric.type, tuple(labels))
