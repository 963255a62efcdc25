"""Ask this container's own web server whether it is alive: `python -m txcat.healthcheck`.

Exits 0 where /healthz answers 200, else 1 with the reason. Imports no Django: it runs every few
seconds.
"""

import os
import sys
from urllib.error import URLError
from urllib.request import Request, urlopen

TIMEOUT_SECONDS = 4.0


def own_host(allowed_hosts: str) -> str:
    """A host name that the server accepts: the first that ALLOWED_HOSTS lists."""
    first = allowed_hosts.split(",")[0].strip().removeprefix(".")
    return first if first not in ("", "*") else "localhost"


def problem() -> str | None:
    """Why the server does not count as alive; None where it does."""
    port = os.environ.get("PORT") or "8000"
    host = own_host(os.environ.get("ALLOWED_HOSTS", ""))
    request = Request(f"http://127.0.0.1:{port}/healthz", headers={"Host": host})
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310 (http, own host)
            response.read()
    except (URLError, OSError) as error:
        return f"/healthz on port {port}: {error}"
    return None


if __name__ == "__main__":
    sys.exit(problem())
