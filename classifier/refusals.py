"""Refusals that the framework does not bring along."""

from rest_framework import exceptions, status

RETRY_AFTER_SECONDS = 5


class LengthRequired(exceptions.APIException):
    status_code = status.HTTP_411_LENGTH_REQUIRED
    default_code = "length_required"
    default_detail = "Send the body with a Content-Length, not in chunks."


class PayloadTooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "payload_too_large"
    default_detail = "The body is larger than this server takes; send fewer items at a time."


class InsufficientStorage(exceptions.APIException):
    status_code = status.HTTP_507_INSUFFICIENT_STORAGE
    default_code = "insufficient_storage"
    default_detail = "There is no room to store this; nothing was stored."


class RangeNotSatisfiable(exceptions.APIException):
    status_code = status.HTTP_416_REQUESTED_RANGE_NOT_SATISFIABLE
    default_code = "range_not_satisfiable"
    default_detail = "The range begins behind the end."

    def __init__(self, size: int) -> None:
        super().__init__()
        self.headers = {"Content-Range": f"bytes */{size}"}


class NotFinished(exceptions.APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "not_finished"


class Unprocessable(exceptions.ValidationError):
    """Well-formed, and at odds with what is stored."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY


class Unavailable(exceptions.APIException):
    """Nothing is wrong with the request; the same one may succeed in a moment."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "unavailable"
    default_detail = "The service cannot answer now; try again."
    wait = RETRY_AFTER_SECONDS


def printable(text: str, limit: int = 64) -> str:
    """A caller's text made fit to be sent back: encodable, on one line, of bounded length."""
    shown = text[:limit].encode("utf-8", "backslashreplace").decode()
    line = "".join(character if character.isprintable() else "�" for character in shown)
    return line if len(text) <= limit else f"{line}…"
