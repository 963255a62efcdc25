"""Every error as an HTTP answer, in the one shape:

{"type": "validation_error", "errors": [{"code": …, "detail": …, "attr": "transactions.3.mcc"}]}
"""

import logging
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.views import defaults
from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.handler import ExceptionHandler
from drf_standardized_errors.types import Error, ErrorResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings

from classifier import metrics
from classifier.exceptions import (
    NO_ROOM,
    ClassifierError,
    ConflictError,
    InputFileError,
    InvalidItemError,
    InvalidItemsError,
    NoEngineError,
    NotFinishedError,
    UnknownError,
)
from classifier.refusals import (
    InsufficientStorage,
    NotFinished,
    PayloadTooLarge,
    Unavailable,
    Unprocessable,
    printable,
)

logger = logging.getLogger(__name__)

API_PREFIX = "/api/"
# Enough to mend a batch by; the rest would be the same again.
MAX_ERRORS = 100
MAX_DETAIL = 500


class ApiExceptionFormatter(ExceptionFormatter):
    """At most MAX_ERRORS errors; a path names an item without `non_field_errors` behind it."""

    def get_errors(self) -> list[Error]:
        return list(islice(errors_in(self.exc.detail), MAX_ERRORS))


class ApiExceptionHandler(ExceptionHandler):
    def run(self) -> Response | None:
        metrics.ERRORS.labels(kind_of(self.exc)).inc()
        response: Response | None = super().run()
        return response

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        match exc:
            case InvalidItemError():
                return Unprocessable({exc.path: [exceptions.ErrorDetail(str(exc), exc.code)]})
            case InvalidItemsError():
                return Unprocessable(
                    {
                        error.path: [exceptions.ErrorDetail(str(error), error.code)]
                        for error in exc.errors
                    }
                )
            case ConflictError():
                detail = [exceptions.ErrorDetail(str(exc), exc.code)]
                return Unprocessable({exc.path: detail} if exc.path else detail)
            case UnknownError():
                return exceptions.NotFound(str(exc))
            case InputFileError():
                return exceptions.ValidationError({"file": [str(exc)]})
            case NotFinishedError():
                return NotFinished(str(exc))
            case NoEngineError():
                return Unavailable("No model version can be served now; try again.")
            case ClassifierError():
                return Unavailable()
            case OperationalError() | InterfaceError():
                return Unavailable("The database cannot be reached now; try again.")
            case RequestDataTooBig():
                return PayloadTooLarge()
            case OSError() if exc.errno in NO_ROOM:
                return InsufficientStorage()
            case SuspiciousOperation() | MultiPartParserError() | UnreadablePostError():
                return exceptions.ParseError("The request cannot be read.")
        converted: Exception = super().convert_known_exceptions(exc)
        return converted

    def format_exception(self, exc: exceptions.APIException) -> dict[str, Any]:
        body: dict[str, Any] = ApiExceptionFormatter(exc, self.context, self.exc).run()
        return body

    def get_headers(self, exc: exceptions.APIException) -> dict[str, str]:
        headers: dict[str, str] = super().get_headers(exc)
        return {**headers, **getattr(exc, "headers", {})}

    def report_exception(self, exc: exceptions.APIException, response: Response) -> None:
        """A state that passes is a line in the log; only a bug is reported as one."""
        if isinstance(exc, Unavailable | InsufficientStorage):
            logger.warning("Answered %s: %s", exc.status_code, self.exc)
        else:
            super().report_exception(exc, response)


def kind_of(error: Exception) -> str:
    """The name of a class that this program or its framework refuses by: there are few. Bugs are
    of any class, and of one kind."""
    match error:
        case ClassifierError() | exceptions.APIException():
            return type(error).__name__
        case DatabaseError() | InterfaceError():
            return "DatabaseError"
        case Http404():
            return "NotFound"
        case PermissionDenied():
            return "PermissionDenied"
        case RequestDataTooBig() | SuspiciousOperation() | MultiPartParserError():
            return "ParseError"
        case UnreadablePostError():
            return "UnreadablePostError"
        case OSError() if error.errno in NO_ROOM:
            return "InsufficientStorage"
    return "Unexpected"


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return _answer("client_error", "not_found", "There is nothing at this address.", 404)
    return defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return _answer("client_error", "parse_error", "The request cannot be read.", 400)
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    if _is_api(request):
        return _answer("server_error", "error", "Server Error (500)", 500)
    return defaults.server_error(request)


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith(API_PREFIX)


def _answer(kind: Any, code: str, detail: str, status_code: int) -> JsonResponse:
    body = ErrorResponse(kind, [Error(code, detail, None)])
    return JsonResponse(asdict(body), status=status_code)


def errors_in(detail: Any) -> Iterator[Error]:
    """The errors of an APIException's detail, in the order of the fields and items."""
    return _flatten(detail, "")


def _flatten(detail: Any, path: str) -> Iterator[Error]:
    """Errors in the order of the fields and items they belong to.

    In a list, an ErrorDetail speaks of the list itself and anything else of the item there.
    """
    if isinstance(detail, exceptions.ErrorDetail):
        yield Error(detail.code or "invalid", printable(detail, MAX_DETAIL), path or None)
    elif isinstance(detail, list):
        for index, entry in enumerate(detail):
            is_own = isinstance(entry, exceptions.ErrorDetail)
            yield from _flatten(entry, path if is_own else _join(path, str(index)))
    elif isinstance(detail, dict):
        for key, entry in detail.items():
            is_own = key == api_settings.NON_FIELD_ERRORS_KEY
            yield from _flatten(entry, path if is_own else _join(path, printable(str(key))))


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
