"""What the collector of states tells now."""

from monitoring.exposition.states import StateCollector


def told() -> dict[tuple[str, ...], float]:
    """Values by the sample's name and its labels' values."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in StateCollector().collect()
        for sample in family.samples
    }
