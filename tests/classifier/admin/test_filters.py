"""What filters are called."""

from django.test import Client

from classifier.admin.cells import changelist_url
from classifier.models import Rule
from tests.classifier.admin.conftest import Rows


def test_a_flag_is_called_without_the_is_of_its_field(staff: Client, rows: Rows) -> None:
    page = staff.get(changelist_url(Rule)).content.decode()
    assert "By active" in page
    assert "By is active" not in page
