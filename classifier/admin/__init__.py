"""The admin: declarations, one noun a file. Every action calls a service."""

from classifier.admin import (
    accounts,
    activations,
    api_keys,
    categories,
    encoders,
    examples,
    feedback,
    jobs,
    predictions,
    queue,
    targets,
    try_it,
    versions,
)

__all__ = [
    "accounts",
    "activations",
    "api_keys",
    "categories",
    "encoders",
    "examples",
    "feedback",
    "jobs",
    "predictions",
    "queue",
    "targets",
    "try_it",
    "versions",
]
