"""The runbooks are whole, and lead somewhere where the code is hosted."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from markdown.extensions.toc import slugify

from monitoring.runbooks import DOCUMENT, Runbooks, read_runbooks, section_of

DOCS = settings.BASE_DIR / "docs"
# `](place)` in the text, `]: place "title"` at its end.
WRITTEN = re.compile(r"\]\(([^)]+)\)|^\[[^\]]+\]: (\S+)", re.MULTILINE)


def runbooks() -> Runbooks:
    found = read_runbooks()
    assert found is not None
    return found


def write(root: Path, text: str) -> None:
    (root / DOCUMENT).parent.mkdir(exist_ok=True)
    (root / DOCUMENT).write_text(text)


def test_a_section_about_an_alert_says_what_it_means_what_to_look_at_and_what_to_do() -> None:
    for section in runbooks().sections:
        if not section.anchor.startswith("how-to-"):
            words = re.findall(r"<p><strong>([^<]+):</strong>", section.text)
            assert words == ["Means", "Look at", "Do"], section.title


def test_every_link_leads_somewhere_where_the_code_is_hosted() -> None:
    text = (DOCS / "runbooks.md").read_text()
    for pair in WRITTEN.findall(text):
        document, _, anchor = "".join(pair).partition("#")
        lines = (DOCS / (document or "runbooks.md")).read_text().splitlines()
        headings = {slugify(line.lstrip("# "), "-") for line in lines if line.startswith("#")}
        assert anchor in headings, pair


def test_no_link_to_a_page_is_written_without_its_place() -> None:
    """`[System]` alone is a link where the end of the document says whither."""
    texts = [runbooks().introduction, *(section.text for section in runbooks().sections)]
    assert [text for text in texts if "[" in text] == []


def test_they_are_read_once_a_process(settings: Any, tmp_path: Path) -> None:
    settings.BASE_DIR = tmp_path
    write(tmp_path, "# R\n\nFirst.\n\n## A & B\n\nText.\n")
    first = runbooks()
    assert [(each.anchor, each.title) for each in first.sections] == [("a-b", "A & B")]
    write(tmp_path, "# R\n")
    assert read_runbooks() is first


@pytest.mark.parametrize("place", ["", "#no-such", "#Error-Rate"])
def test_what_is_no_section_of_them_is_none(place: str) -> None:
    assert section_of(f"{DOCUMENT}{place}") is None
    assert section_of("https://wiki.example/#error-rate") is None
    assert section_of("docs/other.md#error-rate") is None


def test_an_installation_without_the_document_has_none(settings: Any, tmp_path: Path) -> None:
    settings.BASE_DIR = tmp_path
    assert read_runbooks() is None
    assert section_of(f"{DOCUMENT}#error-rate") is None
    write(tmp_path, "# R\n\n## Error rate\n")
    assert section_of(f"{DOCUMENT}#error-rate") is not None
