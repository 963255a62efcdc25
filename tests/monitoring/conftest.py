"""A receiver of webhooks on this machine, which webhooks may be sent to."""

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest

from tests.monitoring.webhooks import Hook, listening


@pytest.fixture
def hook(settings: Any) -> Iterator[Hook]:
    settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8")]
    with listening() as hook:
        yield hook
