"""A file that is chosen is named in its field."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.classifier.admin.test_accessible_names import Page

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("view", ["classify_file", "classifier_example_import"])
def test_the_script_of_the_admin_finds_where_to_write_the_name(staff: Client, view: str) -> None:
    """Unfold's: in the first text field under the third parent of the field of the file. Where
    that is a field of ours, it would be overwritten; where there is none, the script fails."""
    page = Page(staff.get(reverse(f"admin:{view}")).content.decode())
    (chosen,) = (each for each in page.elements if each.attributes.get("type") == "file")
    above = chosen.parents[-3]
    named = next(
        each
        for each in page.elements
        if each.attributes.get("type") == "text" and any(parent is above for parent in each.parents)
    )
    assert "name" not in named.attributes
    assert "disabled" in named.attributes
