"""The admin of experiments: declarations, one noun a file. Every action calls a service."""

from experiments.admin import alerts, analyses, experiments, metrics, self_tests

__all__ = ["alerts", "analyses", "experiments", "metrics", "self_tests"]
