"""Acts at the same moment, in a process with a database of its own: no test's transaction holds
them apart."""

import json
from pathlib import Path
from typing import Any

from tests.processes import manage, own_environment

# `at_once` lets THREADS threads act, each with a connection of its own; `people` are as many users,
# `version` has answered nothing yet, and the script puts what it saw into `result`.
BEFORE = """
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID
from django import db
from django.contrib.auth.models import User
from django.utils import timezone
from classifier.exceptions import ConflictError
from classifier.models import *

THREADS = 4
parent = Category.objects.create(slug="all", name="All")
slugs = [f"c{number}" for number in range(THREADS)]
for slug in slugs:
    Category.objects.create(slug=slug, name=slug, parent=parent)
encoder = Encoder.objects.create(
    name="e", precision="fp32", digest="0" * 64, manifest_digest="0" * 64, size_bytes=1,
    dimension=2, max_tokens=128, batch_invariant=True,
)
version = ModelVersion.objects.create(
    name="v1", encoder=encoder, head="prototype", normalizer_version=1, manifest_digest="0" * 64,
    accuracy=1, macro_f1=1, calibration_error=0, example_count=1, category_count=1,
    calibration={}, bounds={}, figures={}, input_read_at=timezone.now(),
)
people = [User.objects.create_user(f"p{number}") for number in range(THREADS)]
result = {}

def at_once(act):
    start = Barrier(THREADS)

    def run(number):
        try:
            start.wait(30)
            return act(number)
        finally:
            db.connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))

def told(act, *arguments):
    "What the conflict says, empty where there was none."
    try:
        act(*arguments)
    except ConflictError as error:
        return str(error)
    return ""
"""
AFTER = """
print("RESULT", json.dumps(result))
"""


def race(data: Path, script: str) -> dict[str, Any]:
    """What `script` put into `result`, run in a data directory of its own."""
    with own_environment(data) as environment:
        manage(environment, "migrate", "--verbosity=0")
        printed = manage(environment, "shell", "-c", BEFORE + script + AFTER)
    (line,) = [line for line in printed.splitlines() if line.startswith("RESULT ")]
    result: dict[str, Any] = json.loads(line.removeprefix("RESULT "))
    return result
