"""Is this process alive, can it answer, and what do all of them count?"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.exposition import choose_encoder
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from classifier.authentication import ApiKeyAuthentication, key_of
from classifier.permissions import Scope
from monitoring.exposition.registry import web_registry
from monitoring.networks import is_allowed
from monitoring.prober import check_readiness


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process is alive. Asks nothing else, so that a database that is away kills no one."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 where requests can be answered (`ok` or `degraded`), else 503; with each part's word."""
    readiness = check_readiness()
    return JsonResponse(readiness.as_json(), status=200 if readiness.is_ready else 503)


class MayReadMetrics(BasePermission):
    """A key with the scope `metrics`, or an allowed address, which is asked for no key: what says
    that the database is away must not need it."""

    message = f"The API key lacks the scope “{Scope.METRICS.value}”."

    def has_permission(self, request: Request, view: Any) -> bool:
        if is_allowed(request.META, settings.METRICS_NETWORKS):
            return True
        key = key_of(request)
        return key is not None and key.allows(Scope.METRICS)


class MetricsView(APIView):
    """What Prometheus reads. No session is looked at, and nothing is counted as of the API."""

    authentication_classes = [ApiKeyAuthentication]
    permission_classes = [MayReadMetrics]
    throttle_classes = []
    schema = None

    def perform_authentication(self, request: Request) -> None:
        """Left to the permission, which may need none."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """The encoder chooses."""
        return super().perform_content_negotiation(request, force=True)

    def get(self, request: Request) -> HttpResponse:
        try:
            encode, media_type = choose_encoder(request.META.get("HTTP_ACCEPT", ""))
        except TypeError:
            # It asks for a version that is no number, and cannot be compared.
            encode, media_type = choose_encoder("")
        return HttpResponse(
            encode(web_registry()),
            content_type=media_type,
            headers={"Cache-Control": "no-store"},
        )
