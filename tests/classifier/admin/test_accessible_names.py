"""Whoever hears a page instead of seeing it is told what each of its fields is for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse

from classifier.admin.cells import change_url
from experiments.models import Experiment
from tests.classifier.admin.conftest import Rows
from tests.experiments.reports import make_experiment, make_running
from tests.reviews import queued

CONTROLS = {"input", "select", "textarea"}
# Buttons are named by their value, hidden inputs are met by nobody.
NAMED_OTHERWISE = {"hidden", "submit", "button", "reset", "image"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
# What these hold is not what an element around them says.
UNSAID = {"select", "textarea", "script", "style"}

Attributes = dict[str, str]


@dataclass
class Element:
    tag: str
    attributes: Attributes
    parents: list["Element"] = field(default_factory=list)
    text: str = ""

    @property
    def is_said(self) -> bool:
        is_icon = "material-symbols-outlined" in self.attributes.get("class", "")
        is_hidden = self.attributes.get("aria-hidden") == "true"
        return self.tag not in UNSAID and not is_icon and not is_hidden

    @property
    def is_control(self) -> bool:
        kind = self.attributes.get("type", "text")
        return self.tag in CONTROLS and kind not in NAMED_OTHERWISE


class Page(HTMLParser):
    """The elements of a page, each with its parents and the text that is said inside it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        element = Element(tag, attributes, list(self._open))
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        for depth in reversed(range(len(self._open))):
            if self._open[depth].tag == tag:
                del self._open[depth:]
                return

    def handle_data(self, data: str) -> None:
        if all(element.is_said for element in self._open):
            for element in self._open:
                element.text += data

    def name_of(self, control: Element) -> str:
        """As a screen reader puts it together; empty where there is nothing to say."""
        own = control.attributes
        labels = [each for each in control.parents if each.tag == "label"]
        if own.get("id"):
            labels += [each for each in self.elements if each.attributes.get("for") == own["id"]]
        named_by = own.get("aria-labelledby", "").split()
        labels += [each for each in self.elements if each.attributes.get("id") in named_by]
        said = [own.get("aria-label", ""), *(label.text for label in labels), own.get("title", "")]
        return next((words for text in said if (words := " ".join(text.split()))), "")


def assert_every_field_has_a_name(html: str, except_for: frozenset[str] = frozenset()) -> None:
    """Fails naming each visible input, select and textarea that has none.

    A field in `except_for`, by its id, goes without; one that has a name after all fails too.
    """
    page = Page(html)
    controls = [element for element in page.elements if element.is_control]
    assert controls, "There is no field on the page."
    unnamed = {
        each.attributes.get("id") or each.attributes.get("name", each.tag)
        for each in controls
        if not page.name_of(each)
    }
    assert unnamed == except_for


# Unfold's own, in templates that would have to be copied whole to add a label. Browsers fall
# back to the placeholder, which says what they search.
PALETTE, LIST_SEARCH = "search-input-command", "searchbar"


def _review_queue() -> str:
    queued("QWOP HARBOUR SHOP")
    return reverse("admin:review_queue")


def _experiment(page: str, experiment: Experiment) -> str:
    return reverse(f"admin:experiments_experiment_{page}", args=[experiment.pk])


PAGES: dict[str, Callable[[Rows], str]] = {
    "a category": lambda rows: change_url(rows.category),
    "a new example": lambda rows: reverse("admin:classifier_example_add"),
    "a new API key": lambda rows: reverse("admin:classifier_apikey_add"),
    "an API key": lambda rows: change_url(rows.api_key),
    "a person": lambda rows: reverse("admin:auth_user_change", args=[rows.job.started_by_id]),
    "a new person": lambda rows: reverse("admin:auth_user_add"),
    "activation": lambda rows: reverse(
        "admin:classifier_modelversion_activate", args=[rows.version.pk]
    ),
    "the targets": lambda rows: reverse("admin:classifier_performancetargets_changelist"),
    "the examples": lambda rows: reverse("admin:classifier_example_changelist"),
    "an import of examples": lambda rows: reverse("admin:classifier_example_import"),
    "an export of examples": lambda rows: reverse("admin:classifier_example_export"),
    "the predictions": lambda rows: reverse("admin:classifier_prediction_changelist"),
    "a new merchant": lambda rows: reverse("admin:classifier_merchant_add"),
    "a merchant": lambda rows: change_url(rows.merchant),
    "the merchants": lambda rows: reverse("admin:classifier_merchant_changelist"),
    "a kind of merchant": lambda rows: change_url(rows.tag),
    "the kinds of merchant": lambda rows: reverse("admin:classifier_merchanttag_changelist"),
    "Try it": lambda rows: reverse("admin:try_it"),
    "the review queue": lambda rows: _review_queue(),
    "a new experiment": lambda rows: reverse("admin:experiments_experiment_add"),
    "a start": lambda rows: _experiment("start", make_experiment()),
    "a share of traffic": lambda rows: _experiment("change_share", make_running()),
    "a promotion": lambda rows: _experiment("promote", make_running()),
    "a new metric": lambda rows: reverse("admin:experiments_metric_add"),
    "a self-test": lambda rows: reverse("admin:experiments_selftest_run"),
    "a file": lambda rows: reverse("admin:classify_file"),
    "the runbooks": lambda rows: reverse("admin:monitoring_runbooks"),
}


@pytest.mark.parametrize("page", PAGES)
def test_every_field_has_a_name(page: str, staff: Client, rows: Rows) -> None:
    html = staff.get(PAGES[page](rows)).content.decode()
    searches = {PALETTE, LIST_SEARCH} if 'id="searchbar"' in html else {PALETTE}
    assert_every_field_has_a_name(html, except_for=frozenset(searches))
