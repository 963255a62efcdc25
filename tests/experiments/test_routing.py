"""Who takes part gets their variant, and gets it again; all others the active version."""

from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from classifier.models import ModelVersion
from classifier.routing import Route, get_router
from experiments.models import Experiment
from experiments.models.experiment import SplitChoices
from experiments.routing import ExperimentRouter
from experiments.services.lifecycle import pause, ramp, resume, start, stop
from experiments.stats.assignment import block_of, switchback_variant, variant_of
from tests.experiments.conftest import Make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_once")]

USERS = [f"user-{number}" for number in range(400)]


def served(routes: dict[str | None, Route]) -> dict[str | None, str]:
    return {unit: route.version.name for unit, route in routes.items()}


def variants_of(experiment: Experiment) -> dict[int | None, str]:
    return dict(experiment.variants.values_list("pk", "key"))


def test_the_router_of_this_process_knows_experiments(db: None) -> None:
    assert isinstance(get_router(), ExperimentRouter)


def test_without_an_experiment_everyone_gets_the_active_version(
    active_version: ModelVersion, make_experiment: Make
) -> None:
    make_experiment()
    routes = get_router().routes([*USERS, None])
    assert set(served(routes).values()) == {active_version.name}
    assert {route.variant_id for route in routes.values()} == {None}


def test_a_user_gets_the_variant_that_the_hash_names(make_experiment: Make) -> None:
    experiment = make_experiment()
    start(experiment)
    names = variants_of(experiment)
    routes = get_router().routes(USERS)
    found = {unit: names[route.variant_id] for unit, route in routes.items()}
    order = ["control", "treatment"]
    weights = (0.5, 0.5)
    assert found == {unit: order[variant_of(experiment.salt, unit, weights)] for unit in USERS}
    assert all(route.unit == unit for unit, route in routes.items())
    assert 150 < Counter(found.values())["treatment"] < 250


def test_another_process_and_another_request_say_the_same(make_experiment: Make) -> None:
    start(make_experiment())
    first = get_router().routes(USERS)
    assert served(ExperimentRouter().routes(reversed(USERS))) == served(first)
    assert served(get_router().routes(USERS[:1])) == {USERS[0]: first[USERS[0]].version.name}


def test_a_request_without_a_user_gets_the_control_and_is_counted_apart(
    active_version: ModelVersion, make_experiment: Make
) -> None:
    experiment = make_experiment(traffic_share=0.01)
    start(experiment)
    route = get_router().routes([None])[None]
    assert route.version.name == active_version.name
    assert (route.variant_id, route.unit) == (experiment.control.pk, "")


def test_ramping_lets_more_in_and_moves_nobody(make_experiment: Make) -> None:
    experiment = make_experiment(traffic_share=0.01)
    start(experiment)
    before: dict[str | None, int] = {}
    for share in (0.05, 0.25, 0.5, 1.0):
        ramp(experiment, share)
        routes = get_router().routes(USERS)
        inside = {
            unit: route.variant_id for unit, route in routes.items() if route.variant_id is not None
        }
        assert {unit: inside.get(unit) for unit in before} == before
        assert len(inside) == pytest.approx(share * len(USERS), abs=40)
        before = inside
    assert len(before) == len(USERS)


def test_who_does_not_take_part_gets_the_active_version_and_no_variant(
    active_version: ModelVersion, make_experiment: Make
) -> None:
    start(make_experiment(traffic_share=0.05))
    outside = [route for route in get_router().routes(USERS).values() if route.variant_id is None]
    assert len(outside) > 300
    assert {route.version.name for route in outside} == {active_version.name}


@pytest.mark.parametrize("end", [pause, stop])
def test_a_pause_or_a_stop_gives_everyone_the_active_version(
    end: object, active_version: ModelVersion, make_experiment: Make
) -> None:
    experiment = make_experiment()
    start(experiment)
    assert len(set(served(get_router().routes(USERS)).values())) == 2
    (pause if end is pause else stop)(experiment)
    routes = get_router().routes([*USERS, None])
    assert set(served(routes).values()) == {active_version.name}
    assert {route.variant_id for route in routes.values()} == {None}


def test_after_a_pause_everyone_gets_their_variant_again(make_experiment: Make) -> None:
    experiment = make_experiment()
    start(experiment)
    before = served(get_router().routes(USERS))
    pause(experiment)
    get_router().routes(USERS)
    resume(experiment)
    assert served(get_router().routes(USERS)) == before


def test_split_by_request_draws_anew_for_each_and_keeps_a_request_together(
    make_experiment: Make,
) -> None:
    experiment = make_experiment(split=SplitChoices.RANDOM)
    start(experiment)
    requests = [get_router().routes(["ada", "grace", None]) for _ in range(300)]
    assert all(len({route.variant_id for route in routes.values()}) == 1 for routes in requests)
    assert all(len({route.unit for route in routes.values()}) == 1 for routes in requests)
    assert len({routes["ada"].unit for routes in requests}) == 300
    counts = Counter(routes["ada"].variant_id for routes in requests)
    assert all(100 < count < 200 for count in counts.values())
    assert len(counts) == 2


@pytest.mark.parametrize("hours", range(0, 48, 5))
def test_split_by_time_gives_everyone_the_variant_of_the_block(
    hours: int, make_experiment: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that is set back gives the variant of that time again."""
    experiment = make_experiment(split=SplitChoices.TIME, block_minutes=60)
    start(experiment)
    now = 1_790_000_000.0 + 3600 * hours
    monkeypatch.setattr("experiments.routing.time.time", lambda: now)
    block = block_of(now, 60)
    expected = switchback_variant(experiment.salt, block, 2, 24)
    routes = get_router().routes([*USERS[:5], None])
    keys = {variants_of(experiment)[route.variant_id] for route in routes.values()}
    assert keys == {["control", "treatment"][expected]}
    assert {route.unit for route in routes.values()} == {str(block.number)}


@pytest.mark.parametrize(
    "unit", ["x" * 10_000, "žluťoučký kůň", "用户", "a\x00b", "\ud800", " ", "user\n1"]
)
def test_any_user_id_is_routed_and_sticks(unit: str, make_experiment: Make) -> None:
    start(make_experiment())
    first = get_router().routes([unit])[unit].variant_id
    assert first is not None
    assert ExperimentRouter().routes([unit])[unit].variant_id == first


def test_no_query_is_made_between_two_looks(make_experiment: Make, settings: Settings) -> None:
    start(make_experiment())
    get_router().routes(USERS)
    settings.ENGINE_POLL_SECONDS = 3600.0
    with CaptureQueriesContext(
        connection,
    ) as queries:
        get_router().routes(USERS)
    assert len(queries) == 0


def test_a_look_that_finds_nothing_new_is_one_query_beside_that_of_the_engine(
    make_experiment: Make,
) -> None:
    start(make_experiment())
    get_router().routes(USERS)
    with CaptureQueriesContext(connection) as queries:
        get_router().routes(USERS)
    assert len(queries) == 2
