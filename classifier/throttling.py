"""How often one may ask."""

import logging
from time import time
from typing import Any

from django.conf import settings
from django.core.cache import cache, caches
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from classifier.models import ApiKey

logger = logging.getLogger(__name__)

WINDOW_SECONDS = 60
# A process does not ask a cache that was away before so long: one that hangs would hold up each
# request.
AWAY_SECONDS = 5
AWAY = "throttle:away"


class KeyThrottle(BaseThrottle):
    """API_RATE requests a minute for each key, signed-in user or, without either, address.

    One counter a minute in the shared cache, whatever the rate: one round trip for the first
    request, three for any other, since Django's Redis `incr` looks for the key first. A cache
    that is away limits no one, since refusing everyone would be the worse failure.
    """

    def allow_request(self, request: Request, view: Any) -> bool:
        if caches["process"].get(AWAY):
            return True
        window = int(time() // WINDOW_SECONDS)
        try:
            count = _increment(f"throttle:{self._caller(request)}:{window}")
        except RedisError:
            caches["process"].set(AWAY, True, AWAY_SECONDS)
            logger.exception("Requests are not being counted: the cache cannot be reached.")
            return True
        return count <= settings.API_RATE

    def wait(self) -> float:
        """Seconds until the next window begins, at least one."""
        return max(1, WINDOW_SECONDS - int(time() % WINDOW_SECONDS))

    def _caller(self, request: Request) -> str:
        if isinstance(request.auth, ApiKey):
            return f"key:{request.auth.prefix}"
        if request.user is not None and request.user.is_authenticated:
            return f"user:{request.user.pk}"
        return f"address:{request.META.get('REMOTE_ADDR', '')}"


def _increment(name: str) -> int:
    """Add one and return the sum. Of two that begin a window at once, one adds and both count."""
    if cache.add(name, 1, timeout=2 * WINDOW_SECONDS):
        return 1
    try:
        return cache.incr(name)
    except ValueError:
        # Evicted since it was not added.
        cache.set(name, 1, timeout=2 * WINDOW_SECONDS)
        return 1
