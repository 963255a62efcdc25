"""Operators who act at the same moment, on a real database: none undoes another unseen."""

import json
from collections.abc import Callable
from itertools import pairwise

import pytest

from tests.processes import Site

# Each thread is an operator with a connection of its own, who activates and rolls back at random.
RACE = """
import json
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Barrier
from django import db
from classifier.exceptions import ConflictError
from classifier.models import Activation, ModelVersion
from classifier.services.activations import activate_version, retire_version, roll_back
from classifier.services.versions import build_version

OPERATORS, ACTS = 4, 12
for _ in range(2):
    build_version(force=True)
names = list(ModelVersion.objects.values_list("name", flat=True))
before = Activation.objects.latest("id").pk
start = Barrier(OPERATORS)

def operate(seed):
    chance, done, refused = Random(seed), [], 0
    try:
        start.wait(30)
        for _ in range(ACTS):
            version = ModelVersion.objects.get(name=chance.choice(names))
            act = chance.choice([activate_version, activate_version, roll_back, retire_version])
            try:
                made = act() if act is roll_back else act(version)
            except ConflictError:
                refused += 1
            else:
                done += [made.pk] if isinstance(made, Activation) else []
    finally:
        db.connection.close()
    return done, refused

with ThreadPoolExecutor(OPERATORS) as pool:
    results = list(pool.map(operate, range(OPERATORS)))
rows = Activation.objects.filter(pk__gte=before).order_by("id")
print("RESULT", json.dumps({
    "chain": list(rows.values_list("from_version", "to_version")),
    "written": list(rows.exclude(pk=before).values_list("pk", flat=True)),
    "reported": sorted(key for done, _ in results for key in done),
    "refused": sum(refused for _, refused in results),
    "active": list(ModelVersion.objects.active().values_list("pk", flat=True)),
}))
"""


@pytest.mark.browser
def test_each_act_starts_from_what_the_one_before_it_left(
    site: Site, manage: Callable[..., str]
) -> None:
    printed = manage("shell", "--verbosity", "0", "-c", RACE)
    result = json.loads(printed.split("RESULT ")[1])
    chain = result["chain"]
    assert len(chain) > 5
    for (_, left), (found, went_to) in pairwise(chain):
        assert found == left
        assert went_to != left
    assert result["active"] == [chain[-1][1]]
    assert result["reported"] == result["written"]
    assert result["refused"] > 0
