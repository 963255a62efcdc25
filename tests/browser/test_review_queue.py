"""An analyst answers the review queue, in a real browser on the real product."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in
from tests.processes import Site

FILL = """
from datetime import timedelta
from uuid import UUID
from django.utils import timezone
from classifier.models import ModelVersion, Prediction, ReviewCursor, ReviewItem
from classifier.services.review_collection import fill_queue
from classifier.services.single_rows import single_row

begin = int((timezone.now() - timedelta(hours=1)).timestamp() * 1000)
texts = TEXTS
single_row(ReviewCursor)
ReviewCursor.objects.update(prediction_id=UUID(int=(begin - 1) << 80))
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
# What other tests ask of the site is no part of this.
ReviewItem.objects.exclude(canonical_text__in=texts).update(state="discarded", category=None)
ReviewCursor.objects.update(prediction_id=UUID(int=(2**48 - 1) << 80))
"""
TWICE = """key => {
    for (const time of [1, 2])
        document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
}"""
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
    texts = ["qwop harbour shop"] * 3 + ["zibble frant"] * 2 + ["plonk mervin"]
    manage("shell", "--verbosity", "0", "-c", FILL.replace("TEXTS", repr(texts)))
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
    # Twice before another text can be there, a key counts once.
    page.evaluate(TWICE, "k")
    expect(text).to_have_text("zibble frant")
    expect(text).to_be_focused()
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


@pytest.mark.browser
def test_the_queue_is_answered_without_scripts(
    site: Site, page: Page, manage: Callable[..., str]
) -> None:
    texts = ["corner of nowhere"] * 2 + ["owl and sons"]
    manage("shell", "--verbosity", "0", "-c", FILL.replace("TEXTS", repr(texts)))
    sign_in(page, site)
    browser = page.context.browser
    assert browser is not None
    with browser.new_context(
        java_script_enabled=False,
        base_url=site.url,
        storage_state=page.context.storage_state(),
        viewport={"width": 390, "height": 844},
    ) as context:
        plain = context.new_page()
        plain.goto("/admin/review-queue/")
        text, said = plain.locator("#review-text"), plain.locator("#review-messages")
        plain.get_by_role("link", name="owl and sons").click()
        expect(text).to_have_text("owl and sons")
        plain.get_by_role("button", name="Skip").click()
        expect(said).to_contain_text("Skipped “owl and sons”.")
        expect(text).to_have_text("corner of nowhere")
        plain.get_by_role("radio").nth(1).check()
        plain.get_by_role("button", name="Submit").click()
        expect(said).to_contain_text("It is an example now.")
        plain.get_by_role("button", name="Undo my last").click()
        expect(said).to_contain_text("is not submitted any more")
        expect(text).to_have_text("corner of nowhere")
