"""The dashboards in a real browser: on a desk and on a phone, in the light and in the dark."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in
from tests.processes import Site

NAMES = ("health", "versions", "categories", "system")
SIZES = ((1440, 900), (390, 844))
# Two hours of minutes, whose hours are over.
FILL = """
from datetime import timedelta
from django.utils import timezone
from classifier.models import Category
from monitoring.models import MetricSnapshot
now = timezone.now().replace(second=0, microsecond=0)
def rows(resolution, step, ats):
    slug = Category.objects.detailed().first().slug
    for at in ats:
        for by, label in (("", ""), ("version", "v-browser"), ("category", slug)):
            for series in ("predictions", "confidence", "low_level", "abstentions"):
                yield MetricSnapshot(
                    series=series, by=by, label=label, resolution=resolution, at=at,
                    count=60, total=30, seconds=step.total_seconds())
        for series in ("cpu", "memory", "requests", "queue_depth"):
            yield MetricSnapshot(
                series=series, resolution=resolution, at=at, count=60, total=30,
                seconds=step.total_seconds())
minute, hour = timedelta(minutes=1), timedelta(hours=1)
base = now.replace(minute=0)
MetricSnapshot.objects.bulk_create(
    [*rows("minute", minute, [now - (5 + n) * minute for n in range(50)]),
     *rows("hour", hour, [base - (2 + n) * hour for n in range(6)])],
    ignore_conflicts=True)
"""
# The share of a canvas that is not empty.
PAINTED = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value, place) => place % 4 === 3 && value > 0);
}"""


@pytest.mark.browser
def test_charts_are_drawn_and_the_range_is_kept(
    site: Site, page: Page, manage: Callable[..., str]
) -> None:
    manage("shell", "-c", FILL)
    sign_in(page, site)

    for name in NAMES:
        page.goto(f"/admin/monitoring/{name}/")
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            for is_dark in (False, True):
                page.evaluate(
                    "dark => document.documentElement.classList.toggle('dark', dark)", is_dark
                )
                canvas = page.locator("canvas[data-chart]").first
                expect(canvas).to_be_visible()
                assert canvas.evaluate(PAINTED), f"{name} at {width}, dark: {is_dark}"
            overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert page.evaluate(overflow) == 0, f"{name} is wider than {width}"

    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("/admin/monitoring/health/")
    page.get_by_role("link", name="1 hour", exact=True).focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    six = page.get_by_role("link", name="6 hours", exact=True)
    expect(six).to_have_attribute("aria-current", "true")
    page.get_by_role("link", name="Every 30 s", exact=True).press("Enter")
    expect(page).to_have_url(f"{site.url}/admin/monitoring/health/?range=6h&refresh=30")

    page.clock.install()
    page.reload()
    page.get_by_text("The numbers").first.press("Enter")
    expect(page.get_by_role("columnheader", name="From").first).to_be_visible()
    page.clock.fast_forward(31_000)
    expect(page.locator("#monitor-said")).to_contain_text("Refreshed at")
    expect(six).to_have_attribute("aria-current", "true")
    expect(page.get_by_text("The numbers").first).to_be_focused()
    expect(page.get_by_role("columnheader", name="From").first).to_be_visible()
    assert page.locator("canvas[data-chart]").first.evaluate(PAINTED)
