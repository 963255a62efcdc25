"""How long does it take until a dashboard is painted, over 5,000,000 predictions?

    .ci/with-postgres python -m benchmarks.dashboards [--predictions 5000000]

In the PostgreSQL database that DATABASE_URL names, which should be empty. The database makes the
predictions, spread over two weeks; every minute of them is then held by the snapshots' own code, as
after a pause of two weeks, and the older weeks are copies of these. gunicorn serves the pages.
Measured, each as the median of five: how long the server takes to make a page, and when chromium
has painted first (First Contentful Paint); and what one minute and one hour cost to hold.
"""

import argparse
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.api import verdict
from benchmarks.report import machine, table
from benchmarks.server import ROOT, START_SECONDS

WANTED_MS = 500
DAYS, WEEKS_BEFORE, REPEATS = 14, 12, 5
PAGES = {
    "health": ("1h", "6h", "24h", "7d", "30d", "90d"),
    "versions": ("24h", "30d", "90d"),
    "categories": ("24h", "30d", "90d"),
    "system": ("24h", "30d", "90d"),
}
INSERT = """
    INSERT INTO classifier_prediction (
        id, created_at, transaction_id, user_id, description, canonical_text, currency,
        direction, mcc, country, version_id, category_id, primary_level, annotator, is_audited,
        level, reason, confidence, score, margin, alternatives, merchant_text, descriptor,
        is_cached, latency_ms)
    SELECT lpad(to_hex(i), 32, '0')::uuid, %(start)s + i * %(step)s, '', '',
        'CARD PURCHASE 0423 HAUS COFFEE ' || i, 'haus coffee ' || i %% 5000, 'USD', 'expense',
        '', '', %(version)s,
        CASE WHEN is_abstained THEN NULL ELSE (%(categories)s)[1 + i * 7919 %% %(size)s] END,
        '', 'model', i %% 100 = 0,
        CASE WHEN is_abstained THEN 'abstain' WHEN i %% 9 = 0 THEN 'low' ELSE 'high' END,
        CASE WHEN is_abstained THEN 'low_confidence' ELSE '' END,
        0.5 + 0.5 * random(), random(), random(), '[]', '', '{}', i %% 3 > 0, 2 + 8 * random()
    FROM (SELECT i, i * 104729 %% 1009 < 50 AS is_abstained
          FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS i) AS drawn"""
SAMPLES = """
    INSERT INTO monitoring_processsample (process_id, seconds, counts, created_at)
    SELECT %(process)s, 60, %(counts)s::jsonb, %(start)s + i * interval '1 minute'
    FROM generate_series(0, %(minutes)s - 1) AS i"""
COPY = """
    INSERT INTO monitoring_metricsnapshot (
        series, by, label, resolution, at, count, total, seconds, histogram)
    SELECT series, by, label, resolution, at - interval '14 days' * fortnight, count, total,
        seconds, histogram
    FROM monitoring_metricsnapshot, generate_series(1, %(fortnights)s) AS fortnight
    WHERE resolution <> 'minute' AND at >= %(start)s
    ON CONFLICT DO NOTHING"""
PART = 250_000
PAINT = "performance.getEntriesByName('first-contentful-paint')"
COUNTS = {
    "requests": 60,
    "server_errors": 0,
    "request_seconds": [0] * 4 + [10, 20, 20, 10] + [0] * 14,
    "request_seconds_sum": 1.1,
    "cache_hits": 200,
    "cache_misses": 48,
    "cache_evictions": 0,
    "cpu_seconds": 20,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--predictions", type=int, default=5_000_000)
    arguments = parser.parse_args()
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        raise SystemExit("DATABASE_URL names no PostgreSQL server: see the first lines here.")
    print(machine("Django", "psycopg"), flush=True)
    with tempfile.TemporaryDirectory(prefix="txcat-bench-") as folder:
        os.environ |= {"TXCAT_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "txcat.settings"}
        os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
        import django

        django.setup()
        prepare()
        fill(arguments.predictions)
        hold_all()
        with web_server(Path(folder) / "server.log") as url:
            measure_pages(url, session_key())


def prepare() -> None:
    """The tables, the seed's categories, and somebody who may sign in. No version answers."""
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.utils import timezone

    from classifier.models import Encoder, ModelVersion
    from classifier.services.taxonomy import seed_categories

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    seed_categories()
    User.objects.create_superuser("bench")
    digest = "0" * 64
    encoder = Encoder.objects.create(
        name="bench", precision="fp32", digest=digest, manifest_digest=digest, size_bytes=1,
        dimension=2, max_tokens=128, batch_invariant=True,
    )  # fmt: skip
    ModelVersion.objects.create(
        name="bench", encoder=encoder, head="prototype", normalizer_version=1,
        manifest_digest=digest, accuracy=1, macro_f1=1, calibration_error=0, example_count=1,
        category_count=1, calibration={}, bounds={}, figures={}, input_read_at=timezone.now(),
    )  # fmt: skip


@contextmanager
def web_server(log: Path) -> Iterator[str]:
    """gunicorn as `make serve` starts it; ready or not, it makes pages."""
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "gunicorn", "-c", "txcat/gunicorn.conf.py", "txcat.wsgi"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, "PORT": str(port)}, stdout=output, stderr=output
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not is_alive(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"The server did not start:\n{log.read_text()}")
            time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=60)


def is_alive(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False


def fill(count: int) -> None:
    from django.db import connection
    from django.utils import timezone

    from classifier.models import Category, ModelVersion
    from monitoring.services.clock import hour_of

    started = perf_counter()
    categories = list(Category.objects.detailed().values_list("pk", flat=True))
    start = hour_of(timezone.now()) - timedelta(days=DAYS)
    values: dict[str, Any] = {
        "start": start,
        "step": (timezone.now() - start) / count,
        "version": ModelVersion.objects.get().pk,
        "categories": categories,
        "size": len(categories),
    }
    with connection.cursor() as cursor:
        for first in range(0, count, PART):
            last = min(first + PART, count) - 1
            cursor.execute(INSERT, {**values, "first": first, "last": last})
        cursor.execute(
            SAMPLES,
            {
                "process": process().pk,
                "counts": json.dumps(COUNTS),
                "start": start,
                "minutes": DAYS * 24 * 60,
            },
        )
        cursor.execute("VACUUM ANALYZE")
    print(f"{count:,} predictions made in {perf_counter() - started:.0f} s", flush=True)
    begin_at(start)


def process() -> Any:
    from django.utils import timezone

    from monitoring.models import Process

    now = timezone.now()
    return Process.objects.create(
        role="web", machine="bench", pid=1, started_at=now, seen_at=now, version="", wanted="",
        health="ok", rss_bytes=300_000_000, cpu_seconds=1, threads=8, open_files=20,
        cache_entries=0, cache_bytes=0,
    )  # fmt: skip


def begin_at(start: datetime) -> None:
    from monitoring.models import Turn

    Turn.objects.update_or_create(
        name="snapshots", defaults={"due_at": start, "done_until": start, "token": None}
    )


def hold_all() -> None:
    """Every minute since the start, then the last hour and the last minute once more, alone."""
    from django.db import connection
    from django.utils import timezone

    from monitoring.models import MetricSnapshot, Turn
    from monitoring.services.clock import HOUR, MINUTE, hour_of, minute_of
    from monitoring.services.snapshots import EVERY, take_due

    start, now, turns = perf_counter(), timezone.now(), 0
    while True:
        before = Turn.objects.get(name="snapshots").done_until
        take_due(now + turns * EVERY)
        turns += 1
        if Turn.objects.get(name="snapshots").done_until == before:
            break
    seconds = perf_counter() - start
    minutes = MetricSnapshot.objects.filter(
        series="predictions", by="", resolution="minute"
    ).count()
    print(
        f"{minutes:,} minutes held in {turns} turns, {seconds:.0f} s: "
        f"{1000 * seconds / minutes:.1f} ms a minute"
    )
    later = minute_of(now) + turns * EVERY
    rows: list[list[object]] = []
    for name, begin, end in (
        ("one minute", minute_of(later) - MINUTE, minute_of(later)),
        ("one hour", hour_of(now) - HOUR, hour_of(now)),
    ):
        MetricSnapshot.objects.filter(at__gte=begin).delete()
        begin_at(begin)
        at = end + timedelta(seconds=10)
        rows.append([f"take_due of {name}", 1000 * timed(partial(take_due, at))])
    print(table(["", "ms"], rows), flush=True)
    with connection.cursor() as cursor:
        cursor.execute(
            COPY,
            {"fortnights": WEEKS_BEFORE // 2, "start": timezone.now() - timedelta(days=DAYS + 1)},
        )
        cursor.execute("VACUUM ANALYZE monitoring_metricsnapshot")
    print(f"{MetricSnapshot.objects.count():,} snapshots", flush=True)


def timed(act: Callable[[], Any]) -> float:
    started = perf_counter()
    act()
    return perf_counter() - started


def session_key() -> str:
    """Of somebody who is signed in."""
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client()
    client.force_login(User.objects.filter(is_superuser=True)[0])
    return str(client.cookies["sessionid"].value)


def measure_pages(url: str, session: str) -> None:
    rows: list[list[object]] = []
    with chromium(url, session) as shown:
        for page, chosen in PAGES.items():
            for key in chosen:
                path = f"/admin/monitoring/{page}/?range={key}"
                served, size = serve_times(url, session, path)
                painted = paint_times(shown, url + path)
                is_met = median(painted) <= WANTED_MS
                rows.append(
                    [
                        f"{page}, {key}",
                        median(served),
                        f"{size / 1024:,.0f}",
                        median(painted),
                        max(painted),
                        verdict(is_met),
                    ]
                )
    headers = ["page, range", "server ms", "KB", "first paint ms", "slowest", f"<= {WANTED_MS} ms"]
    print(table(headers, rows), flush=True)


def serve_times(url: str, session: str, path: str) -> tuple[list[float], int]:
    """Milliseconds, and the bytes of the page."""
    times, size = [], 0
    for _ in range(REPEATS):
        connection = HTTPConnection(url.removeprefix("http://"))
        started = perf_counter()
        connection.request("GET", path, headers={"Cookie": f"sessionid={session}"})
        response = connection.getresponse()
        size = len(response.read())
        times.append(1000 * (perf_counter() - started))
        if response.status != 200:
            raise SystemExit(f"{path} answers {response.status}.")
    return times, size


@contextmanager
def chromium(url: str, session: str) -> Iterator[Any]:
    """A page of somebody who is signed in."""
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import CHROMIUM_ARGUMENTS

    with sync_playwright() as playwright:
        executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_cookies([{"name": "sessionid", "value": session, "url": url}])
        yield context.new_page()
        browser.close()


def paint_times(shown: Any, address: str) -> list[float]:
    """Milliseconds from the start of each visit; one visit before fills the browser's cache."""
    times = []
    for _ in range(REPEATS + 1):
        shown.goto(address)
        shown.wait_for_function(f"{PAINT}.length")
        times.append(shown.evaluate(f"{PAINT}[0].startTime"))
    return times[1:]


if __name__ == "__main__":
    main()
