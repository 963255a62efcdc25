"""Rows of this machine's processes that were heard just now, without a heart that beats."""

import socket
from typing import Any

from django.utils import timezone

from monitoring.models import Process
from tests.monitoring.traffic import make_process


def heard(role: Process.Role, **fields: Any) -> Process:
    machine = socket.gethostname()
    return make_process(timezone.now(), **{"role": role, "machine": machine, **fields})
