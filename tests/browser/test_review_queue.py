"""An analyst answers the review queue by keys alone, in a real browser on the real product."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in
from tests.processes import Site

FILL = """
from datetime import timedelta
from uuid import UUID
from django.utils import timezone
from classifier.models import ModelVersion, Prediction
from classifier.services.review_collection import fill_queue

begin = int((timezone.now() - timedelta(hours=1)).timestamp() * 1000)
texts = ["qwop harbour shop"] * 3 + ["zibble frant"] * 2 + ["plonk mervin"]
Prediction.objects.bulk_create(
    Prediction(
        id=UUID(int=(begin + number) << 80), version=ModelVersion.objects.active().get(),
        description=text.upper(), canonical_text=text, level="abstain", is_cached=False,
        latency_ms=1.0,
        alternatives=[{"slug": slug, "score": 0.5} for slug in ("groceries", "fast-food")],
    )
    for number, text in enumerate(texts)
)
fill_queue()
"""
STATES = """
from classifier.models import Example, ReviewItem
texts = ("qwop harbour shop", "zibble frant", "plonk mervin")
items = ReviewItem.objects.filter(canonical_text__in=texts)
for text, state, slug in items.values_list("canonical_text", "state", "category__slug"):
    print(f"{text}: {state} {slug or ''}".strip())
for example in Example.objects.filter(source="review"):
    print(f"example {example.text}")
"""


@pytest.mark.browser
def test_the_queue_is_answered_without_a_mouse(
    site: Site, page: Page, manage: Callable[..., str]
) -> None:
    manage("shell", "--verbosity", "0", "-c", FILL)
    sign_in(page, site)
    page.goto("/admin/review-queue/")
    text, said = page.locator("#review-text"), page.locator("#review-said")
    expect(text).to_have_text("qwop harbour shop")

    # From one text to another, and no further than the last.
    page.keyboard.press("j")
    expect(text).to_have_text("zibble frant")
    expect(text).to_be_focused()
    page.keyboard.press("j")
    expect(text).to_have_text("plonk mervin")
    page.keyboard.press("j")
    expect(said).to_have_text("This is the last text of the list.")
    page.keyboard.press("k")
    page.keyboard.press("k")
    expect(text).to_have_text("zibble frant")
    page.keyboard.press("k")
    expect(text).to_have_text("qwop harbour shop")

    # The suggestion is there; a digit chooses another, Enter submits and goes on.
    choices = page.locator("input[name=category]")
    expect(choices.nth(0)).to_be_checked()
    page.keyboard.press("2")
    expect(choices.nth(1)).to_be_checked()
    page.keyboard.press("Enter")
    expect(text).to_have_text("zibble frant")
    expect(text).to_be_focused()
    expect(said).to_contain_text("It is an example now.")

    # Undone, it is there again; then it is submitted as it is suggested.
    page.keyboard.press("u")
    expect(text).to_have_text("qwop harbour shop")
    expect(said).to_contain_text("is not submitted any more")
    page.keyboard.press("Enter")
    expect(text).to_have_text("zibble frant")

    # A search takes letters as letters, and goes before the choice.
    page.keyboard.press("/")
    other = page.locator("#review-other")
    expect(other).to_be_focused()
    page.keyboard.type("Food and drink › Coffee shops")
    expect(choices.nth(0)).not_to_be_checked()
    page.keyboard.press("Escape")
    expect(other).to_have_value("")
    expect(choices.nth(0)).to_be_checked()
    expect(text).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("coffee-shops")
    page.keyboard.press("Enter")
    expect(text).to_have_text("plonk mervin")

    # One is skipped by its key; with the keys off nothing happens to another.
    page.keyboard.press("?")
    expect(page.locator("#review-keys")).to_have_attribute("open", "")
    page.get_by_label("Keys of one letter are on").uncheck()
    page.keyboard.press("d")
    expect(text).to_have_text("plonk mervin")
    page.get_by_label("Keys of one letter are on").check()
    page.keyboard.press("s")
    expect(text).to_have_text("Nothing waits here")
    expect(text).to_be_focused()

    lines = manage("shell", "--verbosity", "0", "-c", STATES).splitlines()
    assert sorted(lines) == [
        "example QWOP HARBOUR SHOP",
        "example ZIBBLE FRANT",
        "plonk mervin: skipped",
        "qwop harbour shop: submitted groceries",
        "zibble frant: submitted coffee-shops",
    ]
