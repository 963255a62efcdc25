"""An import that is cancelled ends between two rows, and has written nothing."""

from pathlib import Path

import pytest

from classifier.jobs.context import JobCancelledError
from classifier.models import Category, Example
from classifier.tables.planning import apply
from classifier.tables.reading import TableFile
from tests.classifier.tables.conftest import csv_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("stage", ["reading", "checking", "writing"])
def test_whatever_it_was_doing(stage: str, tmp_path: Path, coffee: Category) -> None:
    path = tmp_path / "table"
    letters = "ABCDEFGHIJKLMNOPQRSTUVWX"
    rows = [(coffee.slug, f"ZORBLAX {a}{b}Q HOUSE") for a in letters for b in letters]
    path.write_bytes(csv_of(("category", "text"), *rows))

    def report(share: float, text: str) -> None:
        if text.startswith(stage):
            raise JobCancelledError("Cancelled.")

    before = Example.objects.count()
    with pytest.raises(JobCancelledError):
        apply("example", TableFile(path), by=None, reason="", report=report)
    assert Example.objects.count() == before
