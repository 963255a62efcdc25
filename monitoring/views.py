"""Is this process alive, and can it answer?"""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

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
