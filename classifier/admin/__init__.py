"""The admin: declarations, one noun a file. Every action calls a service."""

from classifier.admin import (
    accounts,
    activations,
    api_keys,
    categories,
    classify_file,
    encoders,
    examples,
    feedback,
    jobs,
    pages,
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
    "classify_file",
    "encoders",
    "examples",
    "feedback",
    "jobs",
    "pages",
    "predictions",
    "queue",
    "targets",
    "try_it",
    "versions",
]
