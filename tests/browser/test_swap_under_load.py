"""Versions are swapped while clients ask: nothing fails, and every answer is its version's own.

How fast each process follows is measured by benchmarks/swap.py.
"""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from classifier.engine.engine import Engine
from classifier.engine.types import Decision, Transaction
from classifier.services.taxonomy import read_examples
from tests.browser.conftest import sign_in
from tests.processes import Site, wait_until
from tests.web_processes import PATIENCE, connect, connections_to_each_process, post, ready

CLIENTS = 3
ROUNDS = 3
PAUSE_SECONDS = 0.01
TEXTS = [text for _, text in read_examples()][::20]
# A version that was not shown every fifth example.
BUILD = """
from classifier.models import Example
from classifier.services.versions import build_version
hidden = list(Example.objects.order_by("id").values_list("pk", flat=True)[::5])
Example.objects.filter(pk__in=hidden).update(is_active=False)
print("built", build_version()[0].name)
Example.objects.filter(pk__in=hidden).update(is_active=True)
"""

Facts = tuple[object, ...]


@dataclass
class Load:
    """What clients were answered, by the prediction's id; and what went wrong."""

    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


def ask(connection: HTTPConnection, key: str, text: str) -> dict[str, Any]:
    """One answer. Raises ValueError where it is a refusal."""
    body = {"transactions": [{"description": text}]}
    (answer,) = post(connection, key, "classify", body)["results"]
    return {**answer, "text": text}


@contextmanager
def load(site: Site, key: str) -> Iterator[Load]:
    """Clients ask, one request after the other, for as long as the block runs."""
    seen, ended = Load(), Event()

    def keep_asking(first: int) -> None:
        connection = connect(site)
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


def wait_for(version: str, processes: dict[int, HTTPConnection]) -> None:
    for pid, connection in processes.items():
        is_served = partial(serves, connection, version)
        wait_until(is_served, PATIENCE, f"process {pid} serves {version}")


def serves(connection: HTTPConnection, version: str) -> bool:
    return bool(ready(connection)["version"] == version)


def activate(page: Page, version_key: int) -> None:
    page.goto(f"/admin/classifier/modelversion/{version_key}/activate/")
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
    site: Site, page: Page, manage: Callable[..., str], environment: dict[str, str]
) -> None:
    key = manage("create_api_key", "swap").strip()
    built = manage("shell", "--verbosity", "0", "-c", BUILD).split("built ")[1].strip()
    versions = stored(manage, "classifier.modelversion")
    keys = {fields["name"]: pk for pk, fields in versions.items()}
    (before,) = (row["name"] for row in versions.values() if row["status"] == "active")
    assert before != built
    sign_in(page, site)

    with connections_to_each_process(site) as processes:
        wait_for(before, processes)
        with load(site, key) as seen:
            for _ in range(ROUNDS):
                activate(page, keys[built])
                wait_for(built, processes)
                roll_back(page)
                wait_for(before, processes)
    assert seen.failures == []

    slugs = {pk: fields["slug"] for pk, fields in stored(manage, "classifier.category").items()}
    rows = stored(manage, "classifier.prediction")
    offline = {}
    for name in (before, built):
        copies = Path(environment["TXCAT_DATA_DIR"]) / "local" / "artifacts" / "folders"
        folder = copies / versions[keys[name]]["manifest_digest"]
        decisions = Engine.load(folder).classify([Transaction(text) for text in TEXTS])
        offline[name] = dict(zip(TEXTS, map(facts_of, decisions), strict=True))
    assert offline[before] != offline[built]

    answered = {before: 0, built: 0}
    for prediction_id, answer in seen.answers.items():
        name, row = answer["model_version"], rows[prediction_id]
        answered[name] += 1
        assert row["version"] == keys[name]
        assert facts_of_row(row, slugs) == offline[name][answer["text"]]
        category = answer["category"] and answer["category"]["slug"]
        assert category == offline[name][answer["text"]][0]
    assert min(answered.values()) > 0
