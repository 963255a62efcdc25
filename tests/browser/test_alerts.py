"""Receivers, alerts and rules in a real browser, by the keyboard where a mouse would do."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in
from tests.monitoring.webhooks import is_signed, listening
from tests.processes import Site

ALERT = """
from datetime import timedelta
from django.utils import timezone
from monitoring.models import Alert, AlertRule, MetricSnapshot
now = timezone.now().replace(second=0, microsecond=0)
rule = AlertRule.objects.create(
    key="browser", name="Seen in a browser", measure="queue_depth", condition="above", warning=5,
    # The site judges it, too: what it sees itself must not end it meanwhile.
    keep_firing_minutes=24 * 60)
MetricSnapshot.objects.bulk_create(
    (MetricSnapshot(series="queue_depth", resolution="minute", at=now - timedelta(minutes=n),
                    count=1, total=9 if n < 20 else 1, seconds=60) for n in range(3, 60)),
    ignore_conflicts=True)
start = now - timedelta(minutes=20)
print(Alert.objects.create(
    rule=rule, status="firing", severity="warning", text="Nine tasks wait.", started_at=start,
    fired_at=start, wrong_at=now).pk)
"""
PAINTED = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value, place) => place % 4 === 3 && value > 0);
}"""


@pytest.mark.browser
def test_a_test_reaches_its_receiver_signed_with_the_secret_that_was_shown_once(
    site: Site, page: Page
) -> None:
    with listening() as hook:
        sign_in(page, site)
        page.goto("/admin/monitoring/receiver/add/")
        page.get_by_label("Name").fill("Browser")
        page.locator("#id_kind").select_option("webhook")
        expect(page.locator("#id_addresses")).to_be_hidden()
        page.locator("#id_url").fill(hook.url)
        page.locator("#id_is_secret_made").check(force=True)
        page.get_by_role("button", name="Save and continue editing").click()
        secret = page.locator(".api-key").inner_text().strip()
        page.get_by_role("link", name="Send a test").click()
        page.get_by_role("button", name="Send it").click()
        expect(page.locator("#receiver-log")).to_contain_text("200 ok", timeout=30_000)
        expect(page.locator("#id_given_secret")).to_have_value("")
        (heard,) = hook.heard
        assert heard.document["kind"] == "test"
        assert is_signed(heard, secret)


@pytest.mark.browser
def test_an_alert_is_read_acknowledged_and_silenced_by_the_keyboard(
    site: Site, page: Page, manage: Callable[..., str]
) -> None:
    pk = manage("shell", "-v0", "-c", ALERT).split()[-1]
    sign_in(page, site)
    page.goto("/admin/monitoring/alert/")
    expect(page.get_by_role("img", name=re.compile("Seen in a browser: 1 episode"))).to_be_visible()
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"/admin/monitoring/alert/{pk}/change/")
        expect(page.get_by_role("heading", name="Nine tasks wait.")).to_be_visible()
        assert page.locator("canvas[data-threshold-chart]").evaluate(PAINTED)
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.get_by_role("link", name="Acknowledge").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Comment")).to_be_focused()
    page.keyboard.type("I look.")
    page.keyboard.press("Enter")
    expect(page.get_by_text("“I look.”")).to_be_visible()

    page.get_by_role("link", name="Silence").focus()
    page.keyboard.press("Enter")
    page.get_by_label("1 hour").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_label("Reason").fill("A load test.")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Alerts go on being judged and shown.")).to_be_visible()

    page.goto("/admin/monitoring/alertrule/?q=browser")
    page.get_by_role("link", name="Seen in a browser").click()
    page.get_by_role("button", name="Would it have fired?").click()
    expect(page.locator("#alert-rule-preview")).to_contain_text("Would have fired once")
    assert page.locator("canvas[data-threshold-chart]").evaluate(PAINTED)
