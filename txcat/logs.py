"""Lines of the log, for people or as JSON, that say nothing of anybody.

No descriptor, user id or API key is in a line, unless TXCAT_LOG_PERSONAL says so. What this program
logs by itself holds none; what may is left out here: texts of exceptions (a database quotes the
values that it refuses), addresses, and what libraries say of requests and tasks. An exception is
told by its class and by where it was raised.
"""

import logging
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from django.core.exceptions import DisallowedHost
from pythonjsonlogger.json import JsonFormatter

from classifier.exceptions import (
    BundleError,
    EncoderError,
    EngineError,
    NoEngineError,
    StorageError,
    TrainingError,
)
from monitoring.correlation import JOB_ID, REQUEST_ID, TASK_ID
from monitoring.exceptions import TurnLostError

# Exceptions whose texts this program writes, of files, models, versions and turns.
SAYABLE = (
    BundleError,
    EncoderError,
    EngineError,
    NoEngineError,
    StorageError,
    TrainingError,
    TurnLostError,
)
# Django's name of its refusal of a host.
HOST = DisallowedHost.__name__
# What lines may carry beside their message; people read the first three.
EXTRA = ("request_id", "task_id", "job_id", "endpoint", "method", "status", "duration_ms")

ExceptionInfo = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


# The exporter's own tale, line by line; onnxruntime's has a logger a module.
TALKATIVE = (
    "onnx_ir",
    "onnxscript",
    "sentence_transformers",
    "fusion_base",
    "fusion_utils",
    "onnx_model",
    "onnx_model_bert",
    "onnxruntime",
)


def configuration(shape: str, level: str, is_personal: bool) -> dict[str, Any]:
    """As `logging.config.dictConfig` takes it; `shape` is `line` or `json`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"context": {"()": ContextFilter}},
        "formatters": {
            "line": {"()": LineFormatter, "is_personal": is_personal},
            "json": {"()": JsonLineFormatter, "is_personal": is_personal},
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": shape,
                "filters": ["context"],
            }
        },
        "loggers": {
            # It would write past the handler above.
            "gunicorn.error": {"handlers": [], "level": "INFO", "propagate": True},
            # Says each request once more, by its address.
            "django.server": {"handlers": [], "level": "CRITICAL"},
            **{name: {"level": "WARNING"} for name in TALKATIVE},
        },
        "root": {"handlers": ["console"], "level": level},
    }


class ContextFilter(logging.Filter):
    """Gives each record the ids of what is worked on. Leaves out what libraries tell the root
    logger of their work, as the quantizer does of each tensor."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name == "root" and record.levelno < logging.WARNING:
            return False
        # Django speaks of a bad answer when its request's context has ended.
        request = getattr(record, "request", None)
        record.request_id = getattr(request, "request_id", "") or REQUEST_ID.get()
        record.task_id = TASK_ID.get()
        record.job_id = JOB_ID.get()
        return True


class LineFormatter(logging.Formatter):
    """A record as a line, and a line for each frame of an exception."""

    def __init__(self, is_personal: bool = False) -> None:
        super().__init__()
        self._is_personal = is_personal

    def format(self, record: logging.LogRecord) -> str:
        ids = "".join(
            f" {name}={value}" for name in EXTRA[:3] if (value := getattr(record, name, ""))
        )
        said = message(record, self._is_personal)
        time = self.formatTime(record)
        lines = [f"{time} {record.levelname} {record.name} {said}{ids}"]
        # Not what another formatter may have left in the record, which holds everything.
        if record.exc_info:
            lines.append(told(record.exc_info, self._is_personal))
        return "\n".join(lines)


class JsonLineFormatter(JsonFormatter):
    """A record as one line of JSON."""

    def __init__(self, is_personal: bool = False) -> None:
        super().__init__()
        self._is_personal = is_personal

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": message(record, self._is_personal),
            "pid": record.process,
        }
        fields |= {
            name: value
            for name in EXTRA
            if (value := getattr(record, name, None)) is not None and value != ""
        }
        if record.exc_info:
            fields["exception"] = told(record.exc_info, self._is_personal)
        return str(self.serialize_log_record(fields))


def message(record: logging.LogRecord, is_personal: bool) -> str:
    if is_personal:
        return record.getMessage()
    for logger, say in LIBRARIES.items():
        if record.name == logger or record.name.startswith(f"{logger}."):
            return say(record)
    return _plain(record)


def told(info: ExceptionInfo | Any, is_personal: bool) -> str:
    """An exception with those that led to it, the first one first."""
    error = info[1]
    if error is None:
        return ""
    if is_personal:
        return "".join(traceback.format_exception(error)).rstrip()
    return "\n".join(line for each in reversed(list(_chain(error))) for line in _frames(each))


def _plain(record: logging.LogRecord) -> str:
    """The message, where exceptions are said by what may be said of them."""
    if isinstance(record.msg, BaseException):
        return _said(record.msg)
    arguments: Any = record.args
    if isinstance(arguments, Mapping):
        arguments = {key: _safe(value) for key, value in arguments.items()}
    elif arguments:
        arguments = tuple(map(_safe, arguments))
    return str(record.msg) % arguments if arguments else str(record.msg)


def _safe(argument: object) -> object:
    return _said(argument) if isinstance(argument, BaseException) else argument


def _said(error: BaseException) -> str:
    return str(error) if isinstance(error, SAYABLE) else type(error).__qualname__


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        yield at
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)


def _frames(error: BaseException) -> Iterator[str]:
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    yield f"{name}: {error}" if isinstance(error, SAYABLE) else name
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {frame.filename}:{frame.lineno} {frame.name}"


def _of_request(record: logging.LogRecord) -> str:
    """Django's, of an answer of 400 or more: an address may hold what people wrote."""
    match = getattr(getattr(record, "request", None), "resolver_match", None)
    reason = record.args[0] if isinstance(record.args, tuple) and record.args else "Refused"
    return f"{reason}: {match.view_name if match else 'unknown address'}"


def _of_security(record: logging.LogRecord) -> str:
    """Django's, of a request that it does not trust: the text quotes it."""
    kind = record.name.rpartition(".")[2]
    return (
        "Refused: the request's host is not in ALLOWED_HOSTS"
        if kind == HOST
        else f"Refused: {kind}"
    )


def _of_task(record: logging.LogRecord) -> str:
    """The queue's, which tells a failure with the exception's text; the task's row has that."""
    said = str(record.msg)
    return said.partition("' (")[0] + "'" if said.startswith("Failed '") else _plain(record)


def _of_server(record: logging.LogRecord) -> str:
    """gunicorn's, which quotes what it cannot read."""
    said = str(record.msg)
    for start in ("Invalid request", "Error handling request"):
        if said.startswith(start):
            return start
    return _plain(record)


LIBRARIES = {
    "django.request": _of_request,
    "django.security": _of_security,
    "django-q": _of_task,
    "gunicorn": _of_server,
}
