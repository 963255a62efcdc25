"""What the log says, through the formatters that it is written by: of nobody, whatever happens."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import DataError, OperationalError, connection
from django.test import Client
from rest_framework.test import APIClient

from classifier.exceptions import BundleError
from classifier.models import Scope
from classifier.services.api_keys import create_api_key
from txcat.logs import ContextFilter, JsonLineFormatter, LineFormatter

pytestmark = pytest.mark.django_db
# In every text, id and key that is sent.
MARK = "QUAGGA"
Formatter = LineFormatter | JsonLineFormatter


@pytest.fixture(params=[LineFormatter, JsonLineFormatter])
def written(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What the log of a process would hold, from INFO up."""
    yield from _written(request.param())


@pytest.fixture
def written_personally() -> Iterator[io.StringIO]:
    yield from _written(LineFormatter(is_personal=True))


def _written(formatter: Formatter) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    handler.addFilter(ContextFilter())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield stream
    root.removeHandler(handler)


@pytest.fixture
def key(db: None) -> str:
    return create_api_key("test", [scope.value for scope in Scope])[1]


@pytest.fixture
def marked(key: str) -> APIClient:
    """A client whose answers of 500 are answers."""
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {key}")
    return client


def classify(client: APIClient) -> Any:
    transaction = {"description": f"TESCO {MARK} 77", "user_id": f"u-{MARK}", "amount": "-1.00"}
    return client.post("/api/v1/classify", {"transactions": [transaction]})


def failing_with(kind: type[Exception]) -> Callable[..., Any]:
    """A database that refuses what is stored and quotes it, as PostgreSQL does."""

    def refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("INSERT INTO"):
            raise kind(f"value too long: {params}")
        return execute(sql, params, many, context)

    return refuse


def test_no_line_of_the_api_says_what_was_sent(marked: APIClient, written: io.StringIO) -> None:
    [answer] = classify(marked).json()["results"]
    feedback = {"prediction_id": answer["prediction_id"], "category": f"no-{MARK}".lower()}
    for path, body in (
        ("classify", {"transactions": [{"description": MARK, "mcc": MARK, "country": MARK}]}),
        ("classify", {MARK: MARK}),
        ("feedback", {"feedback": [feedback]}),
        ("feedback", {"feedback": [{**feedback, "prediction_id": MARK}]}),
        ("examples", {"description": f"{MARK} 12", "category": "groceries"}),
        ("examples", {"description": f"{MARK} 12", "category": MARK}),
        (f"{MARK}?text={MARK}", {}),
    ):
        marked.post(f"/api/v1/{path}", body)
    marked.delete(f"/api/v1/users/{MARK}/categories")
    marked.get(f"/api/v1/predictions/{MARK}")
    marked.get("/api/v1/categories", headers={"host": f"{MARK}.example"})
    said = written.getvalue()
    assert MARK not in said.upper()
    for endpoint in ("classify", "feedback", "examples", "user-categories", "unknown"):
        assert endpoint in said


def test_no_line_holds_a_key_good_or_bad(marked: APIClient, key: str, written: io.StringIO) -> None:
    classify(marked)
    marked.credentials(HTTP_AUTHORIZATION=f"Api-Key {MARK}.{MARK}")
    assert classify(marked).status_code == 401
    said = written.getvalue()
    assert "401" in said
    assert MARK not in said
    assert [part for part in key.split(".") if part in said] == []


@pytest.mark.parametrize(
    ("kind", "status"), [(OperationalError, 503), (DataError, 500), (ValueError, 500)]
)
def test_an_error_is_told_by_its_class_and_place(
    kind: type[Exception], status: int, marked: APIClient, written: io.StringIO
) -> None:
    with connection.execute_wrapper(failing_with(kind)):
        assert classify(marked).status_code == status
    said = written.getvalue()
    assert MARK not in said
    assert kind.__name__ in said
    if status == 500:
        assert "classifier/services/predictions.py" in said


def test_a_page_that_fails_is_told_without_its_address(
    written: io.StringIO,
) -> None:
    client = Client(raise_request_exception=False)
    with connection.execute_wrapper(failing_with(ValueError)):
        client.post(f"/admin/login/?next=/{MARK}", {"username": MARK, "password": MARK})
    client.get(f"/admin/{MARK}/")
    assert MARK not in written.getvalue()


@pytest.mark.parametrize(
    ("logger", "line"),
    [
        ("django-q", f"Failed 'classifier.tasks.run_job' (a-b-c-d) - boom {MARK} : Traceback"),
        ("gunicorn.error", f"Invalid request from ip=1.2.3.4: Invalid header {MARK}"),
        ("django.security.DisallowedHost", f"Invalid HTTP_HOST header: '{MARK}'."),
    ],
)
def test_what_libraries_quote_is_left_out(logger: str, line: str, written: io.StringIO) -> None:
    logging.getLogger(logger).error(line)
    said = written.getvalue()
    assert MARK not in said
    assert "ERROR" in said


def test_a_host_that_is_not_allowed_is_told_by_the_setting_that_should_name_it(
    written: io.StringIO,
) -> None:
    answer = Client(raise_request_exception=False).get("/healthz", headers={"host": MARK})
    assert answer.status_code == 400
    said = written.getvalue()
    assert "the request's host is not in ALLOWED_HOSTS" in said
    assert MARK not in said


def test_what_libraries_tell_the_root_of_all_loggers_is_left_out(written: io.StringIO) -> None:
    logging.getLogger().info("Quantization parameters of a tensor")
    assert written.getvalue() == ""


def test_what_led_to_an_error_is_told_as_it_is(written: io.StringIO) -> None:
    try:
        try:
            raise KeyError(MARK)
        except KeyError as error:
            raise RuntimeError(MARK) from error
    except RuntimeError:
        logging.getLogger("classifier").exception("It failed.")
    said = written.getvalue()
    assert MARK not in said
    assert said.index("KeyError") < said.index("RuntimeError")


def test_errors_that_speak_of_models_alone_are_said_in_words(written: io.StringIO) -> None:
    error = BundleError("model.onnx is missing.")
    logging.getLogger("classifier").error("Version %s cannot be loaded: %s", "v1", error)
    assert "Version v1 cannot be loaded: model.onnx is missing." in written.getvalue()


def test_a_setting_lets_lines_say_everything(
    marked: APIClient, written_personally: io.StringIO
) -> None:
    with connection.execute_wrapper(failing_with(ValueError)):
        classify(marked)
    assert f"TESCO {MARK} 77" in written_personally.getvalue()


def test_a_line_of_json_has_the_fields_of_a_request(client: Client) -> None:
    written = _written(JsonLineFormatter())
    stream = next(written)
    answer = client.get("/healthz", headers={"x-request-id": "from-proxy.1"})
    next(written, None)
    line = json.loads(stream.getvalue().splitlines()[-1])
    assert answer.headers["X-Request-ID"] == "from-proxy.1"
    assert line.pop("duration_ms") >= 0
    assert {name: line[name] for name in ("level", "logger", "request_id", "endpoint")} == {
        "level": "INFO",
        "logger": "txcat.access",
        "request_id": "from-proxy.1",
        "endpoint": "healthz",
    }
    assert (line["method"], line["status"]) == ("GET", 200)
