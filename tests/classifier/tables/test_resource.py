"""What a table of curated rows must give."""

import pytest

from classifier.models import Example
from classifier.tables.resource import CuratedResource


def test_one_that_lacks_what_all_must_have_cannot_be_made() -> None:
    class Unfinished(CuratedResource):
        class Meta:
            model = Example

    with pytest.raises(TypeError, match=r"clean_instance.*find.*prepare"):
        Unfinished()
