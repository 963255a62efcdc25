"""What this app counts for Prometheus; as `classifier.metrics`, whose rules hold here."""

from prometheus_client import Counter

EXPOSURES = Counter(
    "txcat_experiment_exposures_total",
    "Predictions that a variant was to answer.",
    ["experiment", "variant"],
)
