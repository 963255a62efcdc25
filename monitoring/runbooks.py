"""The runbooks: what people on call are told of each alert rule.

They are a document, read where the code is hosted and in the admin. Each heading of the second
level begins a section, whose anchor is the heading in small letters with dashes, as code hosts
make it. A link whose title is `admin:` and the name of a page leads to that page when the admin
shows it.
"""

import html
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.etree.ElementTree import Element

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString
from markdown import Markdown
from markdown.treeprocessors import Treeprocessor

DOCUMENT = "docs/runbooks.md"
PAGE, SECTION = "admin:monitoring_runbooks", "admin:monitoring_runbook"
ADMIN = "admin:"
HEADING = re.compile(r'<h2 id="([^"]+)">(.*?)</h2>')
# The theme's: among other words a link is known by more than its colour.
LINK_CLASS = "text-link plain-link"


@dataclass(frozen=True, slots=True)
class Section:
    anchor: str
    title: str
    text: SafeString


@dataclass(frozen=True, slots=True)
class Runbooks:
    introduction: SafeString
    sections: tuple[Section, ...]


def read_runbooks() -> Runbooks | None:
    """None where this installation has no such document."""
    try:
        return _parsed(settings.BASE_DIR / DOCUMENT)
    except OSError:
        return None


def section_of(runbook: str) -> Section | None:
    """That which a rule's runbook names; None where it is elsewhere or not there."""
    anchor, runbooks = anchor_of(runbook), read_runbooks()
    if runbooks is None:
        return None
    return next((each for each in runbooks.sections if each.anchor == anchor), None)


def anchor_of(runbook: str) -> str | None:
    """Empty where a rule's runbook is the whole document, None where it is something else."""
    document, _, anchor = runbook.partition("#")
    return anchor if document == DOCUMENT else None


def place_of(anchor: str) -> str:
    """Where a section, or with an empty anchor the whole, stands in the admin."""
    return f"{reverse(PAGE)}#{anchor}" if anchor else reverse(PAGE)


def way_to(anchor: str) -> str:
    """An address in the admin that leads there though one has to sign in first, which loses what
    stands behind a `#`."""
    return reverse(SECTION, args=[anchor]) if anchor else reverse(PAGE)


@cache
def _parsed(path: Path) -> Runbooks:
    """Once a process: the document comes with the program. Raises OSError."""
    parser = Markdown(extensions=["fenced_code", "toc"], output_format="html")
    parser.treeprocessors.register(_Links(parser), "links of the admin", priority=1)
    before, *rest = HEADING.split(parser.convert(path.read_text(encoding="utf-8")))
    return Runbooks(
        introduction=SafeString(before.partition("</h1>")[2]),
        sections=tuple(
            Section(anchor, html.unescape(title), SafeString(text))
            for anchor, title, text in zip(rest[::3], rest[1::3], rest[2::3], strict=True)
        ),
    )


class _Links(Treeprocessor):
    def run(self, root: Element) -> None:
        for link in root.iter("a"):
            link.set("class", LINK_CLASS)
            address, title = link.get("href", ""), link.get("title", "")
            if title.startswith(ADMIN):
                link.set("href", reverse(title))
                del link.attrib["title"]
            elif address.startswith("#"):
                # A section is shown on other pages as well.
                link.set("href", place_of(address[1:]))
