"""Do the experiments' tests raise no more false alarms than they may, and what do they find?

    python -m benchmarks.experiments_aa [--repetitions 2000] [--found-of 500]

Simulated experiments without a difference (A/A) and with one (A/B), by fixed seeds, judged through
the public functions of `experiments.stats` on the sums that the database would give.

Users: 2,000 arrive evenly over 30 days; each asks 20 times from its arrival on, and its answers
are right or wrong with an intra-user correlation of 0.2, in 80% on average. It is looked at each
day, by a group-sequential test every sixth. Two thirds have a history of 10 requests (CUPED).
Latency: 1,000 users, lognormal, of the same correlation in its logarithm. Blocks of time: 14 days
of 24, under a daily swing of 30%, a drift, and noise that lasts over blocks. A row with brackets
shows what goes wrong, and has no target.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from benchmarks.api import verdict
from benchmarks.report import machine, table
from experiments.stats.analysis import analyse_metric
from experiments.stats.assignment import switchback_variant
from experiments.stats.hypothesis import wilson
from experiments.stats.quantile import analyse_quantile, quantile_rank, quantile_ranks
from experiments.stats.switchback import analyse_blocks
from experiments.stats.types import (
    AnalysisSpec,
    Block,
    BlockSums,
    CannotSay,
    Estimate,
    Method,
    PreSums,
    QuantileStat,
    UnitSums,
)

SEED = 20_260_101
ALPHA = 0.05
USERS, REQUESTS, LOOKS, PLANNED_LOOKS = 2000, 20, 30, 5
CORRELATION, RIGHT = 0.2, 0.8
HISTORY, WITH_HISTORY = 10, 2 / 3
LATENCY_USERS, SPREAD = 1000, 0.6
DAYS, BLOCKS_A_DAY, SWING, SHOCK, PERSISTENCE = 14, 24, 0.3, 0.05, 0.7
# Shares of the control's value.
EFFECTS = (0.0125, 0.025, 0.05)

Array = NDArray[np.float64]
# Whether each test of a simulated experiment found a difference.
Found = Mapping[str, bool]
Simulation = Callable[[np.random.Generator, float], Found]

FIXED = AnalysisSpec(method=Method.FIXED, alpha=ALPHA)
SEQUENTIAL = AnalysisSpec(method=Method.SEQUENTIAL, alpha=ALPHA, planned_units=USERS)


@dataclass(frozen=True)
class Row:
    """Of a test: how often it looks, and which share of false alarms it may raise."""

    looks: int
    allowed: float | None


ONE_LOOK, ALL_LOOKS = 0.06, 0.05
TESTS = {
    "requests, z [ignores users]": Row(1, None),
    "requests, z [each day]": Row(LOOKS, None),
    "users, delta method [each day]": Row(LOOKS, None),
    "users, delta method": Row(1, ONE_LOOK),
    "users, delta method, CUPED": Row(1, ONE_LOOK),
    "users, group-sequential": Row(PLANNED_LOOKS, ONE_LOOK),
    "users, confidence sequence": Row(LOOKS, ALL_LOOKS),
    "p95, requests [ignores users]": Row(1, None),
    "p95, delta method over users": Row(1, ONE_LOOK),
    "blocks, requests, Welch [ignores time]": Row(1, None),
    "blocks, switchback": Row(1, ONE_LOOK),
    "blocks, switchback, sequence": Row(DAYS // 2, ALL_LOOKS),
}


def main() -> None:
    arguments = read_arguments()
    print(machine("numpy", "scipy"))
    print(
        f"A/A       {arguments.repetitions} simulated experiments of each kind, seed {SEED}\n"
        f"A/B       {arguments.found_of} of each kind and effect"
    )
    started = perf_counter()
    alarms = repeated(arguments.repetitions, 0.0)
    headers = ["false alarms", "looks", "%", "low", "high", "wanted", ""]
    print(f"\n{table(headers, list(alarm_rows(alarms, arguments.repetitions)))}")
    counts = [repeated(arguments.found_of, effect) for effect in EFFECTS]
    rows = [
        [name, *(100 * found[name] / arguments.found_of for found in counts)]
        for name, test in TESTS.items()
        if test.allowed is not None
    ]
    headers = ["found, %, of an effect of", *(f"{100 * effect:g}%" for effect in EFFECTS)]
    print(f"\n{table(headers, rows)}")
    print(f"\nseconds   {perf_counter() - started:.0f}")


def alarm_rows(alarms: Mapping[str, int], repetitions: int) -> Iterator[list[object]]:
    for name, test in TESTS.items():
        share = alarms[name] / repetitions
        low, high = wilson(alarms[name], repetitions)
        marks: list[object] = ["", ""]
        if test.allowed is not None:
            marks = [f"<= {100 * test.allowed:g}", verdict(share <= test.allowed)]
        yield [name, test.looks, 100 * share, 100 * low, 100 * high, *marks]


def repeated(repetitions: int, effect: float) -> Counter[str]:
    """How often each test found something. Each simulation has a stream of its own."""
    found: Counter[str] = Counter()
    for number, simulate in enumerate((users, latencies, blocks)):
        chance = np.random.default_rng((SEED, number, round(1e6 * effect)))
        for _ in range(repetitions):
            found.update(name for name, is_found in simulate(chance, effect).items() if is_found)
    return found


def users(chance: np.random.Generator, effect: float) -> Found:
    """Accuracy by users: once, each day and in planned looks."""
    arms = [arm_of_users(chance, RIGHT * (1 + effect * arm)) for arm in (0, 1)]
    daily = list(zip(arms[0].daily, arms[1].daily, strict=True))
    by_request = list(zip(arms[0].requests, arms[1].requests, strict=True))
    share = replace(FIXED, is_proportion=True)
    fixed = [is_found(analyse_metric(*both, FIXED)) for both in daily]
    naive = [is_found(analyse_metric(*both, share)) for both in by_request]
    step = LOOKS // PLANNED_LOOKS
    planned = [
        is_found(analyse_metric(*daily[step * look - 1], group_sequential(look)))
        for look in range(1, PLANNED_LOOKS + 1)
    ]
    adjusted = [replace(sums, pre=arm.history) for sums, arm in zip(daily[-1], arms, strict=True)]
    return {
        "requests, z [ignores users]": naive[-1],
        "requests, z [each day]": any(naive),
        "users, delta method [each day]": any(fixed),
        "users, delta method": fixed[-1],
        "users, delta method, CUPED": is_found(analyse_metric(adjusted[0], adjusted[1], FIXED)),
        "users, group-sequential": any(planned),
        "users, confidence sequence": any(
            is_found(analyse_metric(*both, SEQUENTIAL)) for both in daily
        ),
    }


def group_sequential(look: int) -> AnalysisSpec:
    return AnalysisSpec(
        method=Method.GROUP_SEQUENTIAL,
        alpha=ALPHA,
        looks=PLANNED_LOOKS,
        information=tuple((before + 1) / PLANNED_LOOKS for before in range(look)),
    )


@dataclass(frozen=True)
class UserArm:
    """Sums at the end of each day, by users and by requests, and the history at the last."""

    daily: list[UnitSums]
    requests: list[UnitSums]
    history: PreSums


def arm_of_users(chance: np.random.Generator, right: float) -> UserArm:
    count = USERS // 2
    strength = 1 / CORRELATION - 1
    usual = chance.beta(strength * RIGHT, strength * (1 - RIGHT), count)
    rates = 1 - (1 - usual) * (1 - right) / (1 - RIGHT)
    arrivals = chance.integers(0, LOOKS, count)
    waits = (chance.random((count, REQUESTS)) * (LOOKS - arrivals)[:, None]).astype(int)
    places = (np.arange(count) * LOOKS + arrivals)[:, None] + waits
    is_right = chance.random((count, REQUESTS)) < rates[:, None]
    d = running(places, np.ones_like(is_right))
    y = running(places, is_right)
    moments = [(d > 0), y, d, y * y, d * d, y * d]
    daily = [sums(row) for row in np.column_stack([moment.sum(axis=0) for moment in moments])]
    # Of requests that count as units, y² is y.
    requests = [
        UnitSums(int(day.denominator), day.numerator, day.denominator, day.numerator,
                 day.denominator, day.numerator)
        for day in daily
    ]  # fmt: skip
    z = np.where(chance.random(count) < WITH_HISTORY, HISTORY, 0)
    x = chance.binomial(z, usual)
    now = y[:, -1], d[:, -1]
    products = (x @ x, z @ z, x @ z, now[0] @ x, now[0] @ z, now[1] @ x, now[1] @ z)
    history = PreSums(float(x.sum()), float(z.sum()), *map(float, products))
    return UserArm(daily, requests, history)


def running(places: NDArray[np.int64], counted: NDArray[np.bool_]) -> Array:
    """Of each user (rows) how many were counted up to each day (columns)."""
    count = len(places) * LOOKS
    found = np.bincount(places.ravel(), counted.ravel(), count)
    return np.cumsum(found.reshape(-1, LOOKS), axis=1)


def sums(row: Array) -> UnitSums:
    units, y, d, yy, dd, yd = map(float, row)
    return UnitSums(int(units), y, d, yy, dd, yd)


def is_found(estimate: Estimate) -> bool:
    return estimate.p_value is not None and estimate.p_value < ALPHA


def latencies(chance: np.random.Generator, effect: float) -> Found:
    """The p95 of all requests, users being clusters, and as if each request were a user."""
    by_user: list[QuantileStat] = []
    by_request: list[QuantileStat] = []
    owners = np.repeat(np.arange(LATENCY_USERS // 2), REQUESTS)
    for arm in (0, 1):
        each = chance.normal(0, SPREAD * CORRELATION**0.5, LATENCY_USERS // 2)
        noise = chance.normal(0, SPREAD * (1 - CORRELATION) ** 0.5, len(owners))
        values = 20 * np.exp(each[owners] + noise) * (1 + effect * arm)
        by_user.append(quantile_of(values, owners))
        by_request.append(quantile_of(values, np.arange(len(values))))
    return {
        "p95, delta method over users": is_found(analyse_quantile(by_user[0], by_user[1], FIXED)),
        "p95, requests [ignores users]": is_found(
            analyse_quantile(by_request[0], by_request[1], FIXED)
        ),
    }


def quantile_of(values: Array, owners: NDArray[np.int64]) -> QuantileStat:
    """What the database does: the value at a rank, counts by user, the values at two ranks."""
    ordered = np.sort(values)
    value = ordered[quantile_rank(len(values), 0.95) - 1]
    y, d = np.bincount(owners, values <= value), np.bincount(owners).astype(float)
    row = np.array([len(d), y.sum(), d.sum(), y @ y, d @ d, y @ d])
    ranks = quantile_ranks(sums(row), 0.95)
    if isinstance(ranks, CannotSay):
        raise SystemExit(ranks.sentence)
    low, high = (float(ordered[rank - 1]) for rank in ranks)
    return QuantileStat(float(value), low, high, len(values), len(d))


def blocks(chance: np.random.Generator, effect: float) -> Found:
    """Mean latency by blocks of time: once at the end, and at the end of every second day."""
    hours = np.arange(DAYS * BLOCKS_A_DAY)
    swing = np.sin(2 * np.pi * hours / BLOCKS_A_DAY)
    lasting = np.zeros(len(hours))
    shocks = chance.normal(0, SHOCK, len(hours))
    for hour in hours[1:]:
        lasting[hour] = PERSISTENCE * lasting[hour - 1] + shocks[hour]
    salt = str(chance.integers(1 << 60))
    order = [Block(int(hour), *divmod(int(hour), BLOCKS_A_DAY)) for hour in hours]
    served = np.array([switchback_variant(salt, block, 2, BLOCKS_A_DAY) for block in order])
    requests = chance.poisson(60 * (1 + 0.8 * swing) + 5).astype(float)
    level = 20 * (1 + SWING * np.roll(swing, 3) + 0.002 * hours / BLOCKS_A_DAY + lasting)
    level *= 1 + effect * served
    spread = 0.4 * level
    totals = requests * level + chance.normal(0, 1, len(hours)) * spread * np.sqrt(requests)
    found = [
        BlockSums(block.day, block.slot, int(variant), float(total), float(count))
        for block, variant, total, count in zip(order, served, totals, requests, strict=True)
    ]
    squares = requests * (level**2 + spread**2)
    naive = []
    for arm in (0, 1):
        count, total, square = (each[served == arm].sum() for each in (requests, totals, squares))
        naive.append(sums(np.array([count, total, count, square, count, total])))
    return {
        "blocks, requests, Welch [ignores time]": is_found(
            analyse_metric(naive[0], naive[1], FIXED)
        ),
        "blocks, switchback": is_found(analyse_blocks(found, 2, 0, 1, FIXED)),
        "blocks, switchback, sequence": any(
            is_found(analyse_blocks(found[: day * BLOCKS_A_DAY], 2, 0, 1, SQUARES))
            for day in range(2, DAYS + 1, 2)
        ),
    }


SQUARES = replace(SEQUENTIAL, planned_units=DAYS // 2 * BLOCKS_A_DAY // 2)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=2000, help="of an A/A experiment")
    parser.add_argument("--found-of", type=int, default=500, help="A/B experiments of an effect")
    return parser.parse_args()


if __name__ == "__main__":
    main()
