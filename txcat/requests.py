"""Each request gets an id and a line in the log."""

import logging
import re
from collections.abc import Callable
from time import perf_counter
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from classifier.metrics import method_label
from monitoring.correlation import REQUEST_ID

logger = logging.getLogger("txcat.access")

HEADER = "X-Request-ID"
# What a proxy or a caller may name a request: nothing that could be taken for another line.
WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestLogMiddleware:
    """The first of all. A request is logged by its endpoint's name: an address may hold ids."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = perf_counter()
        sent = request.headers.get(HEADER, "")
        request_id = sent if WELL_FORMED.fullmatch(sent) else uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        context = REQUEST_ID.set(request_id)
        try:
            response = self._get_response(request)
            response.headers[HEADER] = request_id
            self._log(request, response.status_code, (perf_counter() - started) * 1000)
        finally:
            REQUEST_ID.reset(context)
        return response

    def _log(self, request: HttpRequest, status: int, duration_ms: float) -> None:
        match = request.resolver_match
        endpoint = match.view_name if match else "unknown"
        method = method_label(request.method)
        # A page has a dozen files, of which nobody wants a line each.
        is_file = request.path_info.startswith(settings.STATIC_URL)
        logger.log(
            logging.DEBUG if is_file else logging.INFO,
            "%s %s %s %.1f ms",
            method,
            endpoint,
            status,
            duration_ms,
            extra={
                "endpoint": endpoint,
                "method": method,
                "status": status,
                "duration_ms": round(duration_ms, 1),
            },
        )
