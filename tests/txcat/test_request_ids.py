"""Each request has an id: in its answer, and in every line that is logged meanwhile."""

import io
import logging
import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django_q.signals import post_execute_in_worker, pre_execute

from txcat.logs import ContextFilter, LineFormatter

MADE = re.compile(r"[0-9a-f]{32}")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LineFormatter())
    handler.addFilter(ContextFilter())
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.INFO)
    yield stream
    logging.getLogger().removeHandler(handler)


def test_the_id_of_a_proxy_is_kept(client: Client) -> None:
    answer = client.get("/healthz", headers={"x-request-id": "A-b_c.1"})
    assert answer.headers["X-Request-ID"] == "A-b_c.1"


@pytest.mark.parametrize("sent", ["", "a b", "x" * 65, "line\u2028break", 'a"b', "a=b"])
def test_what_could_be_taken_for_something_else_is_replaced(client: Client, sent: str) -> None:
    answer = client.get("/healthz", headers={"x-request-id": sent})
    assert MADE.fullmatch(answer.headers["X-Request-ID"])


def test_no_two_requests_get_the_same(client: Client) -> None:
    ids = {client.get("/healthz").headers["X-Request-ID"] for _ in range(10)}
    assert len(ids) == 10


@pytest.mark.django_db
def test_every_line_of_a_request_carries_it(client: Client, written: io.StringIO) -> None:
    client.get("/nothing", headers={"x-request-id": "abc"})
    lines = written.getvalue().splitlines()
    assert len(lines) == 2
    assert all("request_id=abc" in line for line in lines)


def test_the_files_of_a_page_have_no_line_of_their_own(
    client: Client, written: io.StringIO
) -> None:
    client.get("/static/classifier/icon.svg")
    client.get("/healthz")
    (line,) = [line for line in written.getvalue().splitlines() if "txcat.access" in line]
    assert "healthz" in line


def test_no_line_after_it_does(client: Client, written: io.StringIO) -> None:
    client.get("/healthz")
    logging.getLogger("classifier").info("Something else.")
    assert "request_id" not in written.getvalue().splitlines()[-1]


def test_lines_of_a_job_name_the_task_and_the_job(written: io.StringIO) -> None:
    task = {"id": "f00", "func": "classifier.tasks.run_job", "args": (7,)}
    pre_execute.send("django_q", func=None, task=task)
    logging.getLogger("classifier").info("Working.")
    post_execute_in_worker.send("django_q", func=None, task=task)
    logging.getLogger("classifier").info("Idle.")
    working, idle = written.getvalue().splitlines()
    assert "task_id=f00 job_id=7" in working
    assert "task_id" not in idle
