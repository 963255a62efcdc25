"""Versions are swapped while clients ask: nothing fails, and every answer is its version's own.

How fast each process follows is measured by benchmarks/swap.py.
"""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection
from itertools import cycle
from threading import Event
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from classifier.engine.engine import Engine
from classifier.engine.types import Decision, Transaction
from classifier.services.taxonomy import read_examples
from tests.browser.conftest import Site, sign_in, wait_until

PROCESSES = 2
CLIENTS = 3
ROUNDS = 3
PAUSE_SECONDS = 0.01
# After which a process is taken never to follow.
PATIENCE = 60
TEXTS = [text for _, text in read_examples()][::20]
# The active version, and one that was not shown every fifth example: key, name, folder.
BUILD = """
import json
from classifier.artifacts import bundle_of
from classifier.models import Example, ModelVersion
from classifier.services.versions import build_version
hidden = list(Example.objects.order_by("id").values_list("pk", flat=True)[::5])
Example.objects.filter(pk__in=hidden).update(is_active=False)
versions = [ModelVersion.objects.active().get(), build_version()[0]]
Example.objects.filter(pk__in=hidden).update(is_active=True)
told = [[each.pk, each.name, str(bundle_of(each).folder)] for each in versions]
print("RESULT", json.dumps(told))
"""

Facts = tuple[object, ...]


@dataclass(frozen=True)
class Version:
    key: int
    name: str
    folder: str


@dataclass
class Load:
    """What clients were answered, by the prediction's id; and what went wrong."""

    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


def port_of(site: Site) -> int:
    return int(site.url.rpartition(":")[2])


def ask(connection: HTTPConnection, key: str, text: str) -> dict[str, Any]:
    """One answer. Raises ValueError where it is a refusal."""
    headers = {"Authorization": f"Api-Key {key}", "Content-Type": "application/json"}
    body = json.dumps({"transactions": [{"description": text}]})
    connection.request("POST", "/api/v1/classify", body, headers)
    response = connection.getresponse()
    content = response.read().decode()
    if response.status != 200:
        raise ValueError(f"{response.status}: {content}")
    (answer,) = json.loads(content)["results"]
    return {**answer, "text": text}


@contextmanager
def load(site: Site, key: str) -> Iterator[Load]:
    """Clients ask, one request after the other, for as long as the block runs."""
    seen, ended = Load(), Event()

    def keep_asking(first: int) -> None:
        connection = HTTPConnection("127.0.0.1", port_of(site), timeout=PATIENCE)
        for text in cycle(TEXTS[first:] + TEXTS[:first]):
            if ended.wait(PAUSE_SECONDS):
                break
            try:
                answer = ask(connection, key, text)
            except (OSError, ValueError) as error:
                seen.failures.append(repr(error))
                connection.close()
            else:
                seen.answers[answer["prediction_id"]] = answer
        connection.close()

    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(keep_asking, 7 * number) for number in range(CLIENTS)]
        try:
            yield seen
        finally:
            ended.set()
    for client in clients:
        client.result()


def ready(connection: HTTPConnection) -> dict[str, Any]:
    connection.request("GET", "/readyz")
    answer: dict[str, Any] = json.loads(connection.getresponse().read())
    return answer


@contextmanager
def connections_to_each_process(site: Site) -> Iterator[dict[int, HTTPConnection]]:
    """By process id: a connection that stays open stays with its process."""
    found: dict[int, HTTPConnection] = {}
    with ExitStack() as opened:

        def is_complete() -> bool:
            connection = HTTPConnection("127.0.0.1", port_of(site), timeout=PATIENCE)
            opened.callback(connection.close)
            found.setdefault(ready(connection)["pid"], connection)
            return len(found) == PROCESSES

        wait_until(is_complete, PATIENCE, f"{PROCESSES} processes answer")
        yield found


def wait_for(version: Version, processes: dict[int, HTTPConnection]) -> None:
    for pid, connection in processes.items():
        is_served = partial(serves, connection, version)
        wait_until(is_served, PATIENCE, f"process {pid} serves {version.name}")


def serves(connection: HTTPConnection, version: Version) -> bool:
    return bool(ready(connection)["version"] == version.name)


def activate(page: Page, version: Version) -> None:
    page.goto(f"/admin/classifier/modelversion/{version.key}/activate/")
    page.get_by_role("button", name="Activate").click()
    expect(page.get_by_text("is active.")).to_be_visible()


def roll_back(page: Page) -> None:
    page.goto("/admin/classifier/modelversion/")
    page.get_by_role("link", name="Roll back").click()
    page.get_by_role("button", name="Roll back to").click()
    expect(page.get_by_text("is active again.")).to_be_visible()


def stored(manage: Callable[..., str], model: str) -> dict[Any, dict[str, Any]]:
    """The installation's rows by key, floats as they are stored."""
    return {row["pk"]: row["fields"] for row in json.loads(manage("dumpdata", model))}


def offline_answers(version: Version) -> dict[str, Facts]:
    """What the version's files alone say of each text."""
    decisions = Engine.load(version.folder).classify([Transaction(text) for text in TEXTS])
    return dict(zip(TEXTS, map(facts_of, decisions), strict=True))


def facts_of(decision: Decision) -> Facts:
    return (
        decision.category.slug if decision.category else None,
        decision.level.value,
        decision.confidence,
        decision.score,
        decision.margin,
        [(other.category.slug, other.score) for other in decision.alternatives],
    )


def facts_of_row(row: dict[str, Any], slugs: dict[int, str]) -> Facts:
    return (
        slugs[row["category"]] if row["category"] else None,
        row["level"],
        row["confidence"],
        row["score"],
        row["margin"],
        [(other["slug"], other["score"]) for other in row["alternatives"]],
    )


@pytest.mark.browser
def test_no_request_fails_and_every_answer_is_that_of_the_version_it_names(
    site: Site, page: Page, manage: Callable[..., str]
) -> None:
    key = manage("create_api_key", "swap").strip()
    printed = manage("shell", "--verbosity", "0", "-c", BUILD).split("RESULT ")[1]
    old, new = (Version(*each) for each in json.loads(printed))
    sign_in(page, site)

    with connections_to_each_process(site) as processes:
        wait_for(old, processes)
        with load(site, key) as seen:
            for _ in range(ROUNDS):
                activate(page, new)
                wait_for(new, processes)
                roll_back(page)
                wait_for(old, processes)
    assert seen.failures == []

    slugs = {pk: fields["slug"] for pk, fields in stored(manage, "classifier.category").items()}
    rows = stored(manage, "classifier.prediction")
    offline = {version.name: offline_answers(version) for version in (old, new)}
    assert offline[old.name] != offline[new.name]

    answered = {old.name: 0, new.name: 0}
    keys = {version.name: version.key for version in (old, new)}
    for prediction_id, answer in seen.answers.items():
        name, row = answer["model_version"], rows[prediction_id]
        expected = offline[name][answer["text"]]
        answered[name] += 1
        assert row["version"] == keys[name]
        assert facts_of_row(row, slugs) == expected
        assert (answer["category"] and answer["category"]["slug"]) == expected[0]
    assert min(answered.values()) > 0
