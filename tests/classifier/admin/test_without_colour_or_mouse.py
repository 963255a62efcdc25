"""Who uses the keyboard sees where they are; who sees no colours misses nothing."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import unfold
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, sync_playwright

from classifier.admin.cells import change_url
from tests.browser.conftest import CHROMIUM_ARGUMENTS
from tests.classifier.admin.conftest import Rows
from tests.experiments.reports import make_analysis, make_experiment, make_running
from tests.reviews import queued

pytestmark = pytest.mark.browser

# In the order of the pages.
SHEETS = [
    Path(settings.BASE_DIR) / "classifier/static/classifier/admin.css",
    Path(unfold.__file__).parent / "static/unfold/css/styles.css",
]
# How many links, buttons and fields take the focus; those where neither they nor a frame show it.
WITHOUT_OUTLINE = """() => {
  const shows = (element) => {
    const style = getComputedStyle(element);
    const isSeen = style.outlineColor !== 'rgba(0, 0, 0, 0)' && parseFloat(style.outlineWidth) > 0;
    return style.outlineStyle !== 'none' && isSeen;
  };
  const missing = [];
  let focused = 0;
  for (const element of document.querySelectorAll('a[href], button, input, select, textarea')) {
    element.focus();
    if (document.activeElement !== element) continue;
    focused += 1;
    let frame = element;
    while (frame && !shows(frame)) frame = frame.parentElement;
    if (!frame) missing.push(element.outerHTML.slice(0, 200));
  }
  return [focused, missing];
}"""
PLAIN_LINKS = """() => [...document.querySelectorAll('a.text-link')]
  .filter((link) => getComputedStyle(link).textDecorationLine !== 'underline')
  .map((link) => link.outerHTML)"""

PAGES: dict[str, Callable[[Client, Rows], Any]] = {
    "overview": lambda staff, rows: staff.get(reverse("admin:index")),
    "a category": lambda staff, rows: staff.get(change_url(rows.category)),
    "the examples": lambda staff, rows: staff.get(reverse("admin:classifier_example_changelist")),
    "a question": lambda staff, rows: staff.post(
        reverse("admin:classifier_example_changelist"),
        {"action": "switch_off", "_selected_action": rows.example.pk, "select_across": "1"},
    ),
    "a move": lambda staff, rows: staff.post(
        reverse("admin:classifier_example_changelist"),
        {"action": "move", "_selected_action": rows.example.pk},
    ),
    "an activation": lambda staff, rows: staff.get(
        reverse("admin:classifier_modelversion_activate", args=[rows.version.pk])
    ),
    "a version": lambda staff, rows: staff.get(change_url(rows.version)),
    "a rollback": lambda staff, rows: staff.get(reverse("admin:classifier_modelversion_roll_back")),
    "who served when": lambda staff, rows: staff.get(
        reverse("admin:classifier_activation_changelist")
    ),
    "the targets": lambda staff, rows: staff.get(
        reverse("admin:classifier_performancetargets_changelist")
    ),
    "a build": lambda staff, rows: staff.get(reverse("admin:classifier_modelversion_build")),
    "the predictions": lambda staff, rows: staff.get(
        reverse("admin:classifier_prediction_changelist")
    ),
    "the merchants": lambda staff, rows: staff.get(reverse("admin:classifier_merchant_changelist")),
    "a merchant": lambda staff, rows: staff.get(change_url(rows.merchant)),
    "unrecognized merchants": lambda staff, rows: staff.get(
        reverse("admin:unrecognized_merchants")
    ),
    "the review queue": lambda staff, rows: (
        queued("QWOP ONE", "QWOP TWO") and staff.get(reverse("admin:review_queue"))
    ),
    "a new experiment": lambda staff, rows: staff.get(reverse("admin:experiments_experiment_add")),
    "a draft": lambda staff, rows: staff.get(change_url(make_experiment("a-draft"))),
    "a start": lambda staff, rows: staff.get(
        reverse("admin:experiments_experiment_start", args=[make_experiment("to-start").pk])
    ),
    "a running experiment": lambda staff, rows: staff.get(
        change_url(make_analysis(make_running("to-read")).experiment)
    ),
    "the runbooks": lambda staff, rows: staff.get(reverse("admin:monitoring_runbooks")),
    "a report": lambda staff, rows: staff.get(
        change_url(make_analysis(make_experiment("to-report")))
    ),
    "Try it": lambda staff, rows: staff.post(
        reverse("admin:try_it"), {"descriptors": rows.example.text}
    ),
}


def in_browser(htmls: dict[str, str], look: Callable[[Page], Any]) -> dict[str, Any]:
    """What `look` finds on each page, shown with its styles and without a site."""
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        page = browser.new_page(color_scheme="light")
        page.route("**/*", lambda route: route.abort())
        seen = {}
        for name, html in htmls.items():
            # Hides the page until Unfold's scripts run.
            page.set_content(html.replace("x-cloak", ""))
            for sheet in SHEETS:
                page.add_style_tag(path=sheet)
            seen[name] = look(page)
        browser.close()
    return seen


@pytest.fixture
def htmls(staff: Client, rows: Rows) -> dict[str, str]:
    return {name: opened(staff, rows).content.decode() for name, opened in PAGES.items()}


def test_what_has_the_focus_shows_it(htmls: dict[str, str]) -> None:
    def focus_all(page: Page) -> Any:
        page.keyboard.press("Tab")
        focused, missing = page.evaluate(WITHOUT_OUTLINE)
        assert focused
        return missing

    assert in_browser(htmls, focus_all) == {name: [] for name in htmls}


def test_a_link_is_known_by_its_underline(htmls: dict[str, str]) -> None:
    found = in_browser(htmls, lambda page: page.evaluate(PLAIN_LINKS))
    assert found == {name: [] for name in htmls}
