"""How the shared cache and the queue are reached where they are on Redis, and for how long they are
waited for: a server that hangs accepts connections and answers nothing.

An address that names `socket_timeout` or `socket_connect_timeout` itself has its own way.
"""

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

# Seconds. Every request is counted in the cache before it is answered, in a millisecond or less; to
# go uncounted is better than to wait.
CACHE_SECONDS = 0.5
# More than the second for which an idle worker asks for a task, with room for a disk that holds the
# server up; less than the four after which `/readyz` calls what is silent hanging.
QUEUE_SECONDS = 3.0


def cache(address: str) -> dict[str, Any]:
    """The entry of Django's CACHES."""
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": address,
        "OPTIONS": _waits(CACHE_SECONDS),
    }


def queue(address: str) -> str:
    """The entry `redis` of Q_CLUSTER: an address, since what django-q makes of a dict tries ten
    times more before it gives up."""
    named = parse_qs(urlsplit(address).query)
    waits = {name: wait for name, wait in _waits(QUEUE_SECONDS).items() if name not in named}
    mark = "&" if named else "?"
    return f"{address}{mark}{urlencode(waits)}" if waits else address


def _waits(seconds: float) -> dict[str, float]:
    return {"socket_connect_timeout": seconds, "socket_timeout": seconds}
