"""Every page and every call by view, as django-prometheus counts them.

Three of its metrics are kept. All of them would cost a request more than every other metric
together, and one of them has the method as a client wrote it for a label.
"""

from time import perf_counter
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_prometheus.middleware import Metrics, PrometheusAfterMiddleware
from prometheus_client import Counter, Histogram

from classifier.metrics import BUCKETS


class ViewMetrics(Metrics):  # type: ignore[misc]
    def register(self) -> None:
        self.requests_latency_by_view_method = Histogram(
            "django_http_requests_latency_seconds_by_view_method",
            "Time of a whole request but of the API's, by view.",
            ["view", "method"],
            buckets=BUCKETS,
        )
        self.responses_by_status_view_method = Counter(
            "django_http_responses_total_by_status_view_method",
            "Answers but the API's, by status, view and method.",
            ["status", "view", "method"],
        )
        self.exceptions_by_type = Counter(
            "django_http_exceptions_total_by_type", "Exceptions that no view handled.", ["type"]
        )


class ViewMetricsMiddleware(PrometheusAfterMiddleware):  # type: ignore[misc]
    """The first of all, so that the time is that of a whole request. A method that is none, and an
    address that is nobody's, count under one name each. What the API has counted is not counted
    again."""

    metrics_cls = ViewMetrics

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = perf_counter()
        response: HttpResponseBase = self.get_response(request)
        if getattr(request, "is_counted", False):
            return response
        view, method = self._get_view_name(request), self._method(request)
        self.metrics.requests_latency_by_view_method.labels(view, method).observe(
            perf_counter() - started
        )
        status = str(response.status_code)
        self.metrics.responses_by_status_view_method.labels(status, view, method).inc()
        return response

    def process_view(self, *args: Any) -> None:
        """Nothing: answers are counted."""

    def process_template_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        self.metrics.exceptions_by_type.labels(type(exception).__name__).inc()
