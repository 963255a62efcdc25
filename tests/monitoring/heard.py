"""Rows of processes that were heard, without a heart that beats."""

import socket
from typing import Any

from django.utils import timezone

from monitoring.models import Process


def heard(role: Process.Role, **fields: Any) -> Process:
    """A process of this machine, heard just now."""
    now = timezone.now()
    return Process.objects.create(
        **{
            "role": role,
            "machine": socket.gethostname(),
            "pid": Process.objects.count() + 1,
            "started_at": now,
            "seen_at": now,
            "health": Process.Health.OK,
            "rss_bytes": 300_000_000,
            "cpu_seconds": 1.0,
            "threads": 8,
            "open_files": 20,
            "cache_entries": 0,
            "cache_bytes": 0,
            **fields,
        }
    )
