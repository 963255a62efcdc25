"""The command that builds the table of merchants."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from classifier.engine.merchants.table import read_merchants, write_merchants
from classifier.engine.merchants.types import Merchant
from tests.classifier.merchant_data.suggestions import SUPERMARKET, item, package


def test_it_writes_the_table_and_says_what_is_in_it(tmp_path: Path) -> None:
    source = package(tmp_path / "index", {SUPERMARKET: [item("Aldi", ["de"])]})
    write_merchants(tmp_path / "more.csv", [Merchant("etsy", "Etsy", "online=marketplace")])
    table, out = tmp_path / "merchants.csv.gz", StringIO()
    call_command("build_merchants", source, written=tmp_path / "more.csv", output=table, stdout=out)
    assert {"Aldi", "Etsy"} < {merchant.name for merchant in read_merchants(table)}
    assert "1 of name-suggestion-index 1.2.3, 1 written by hand" in out.getvalue()


def test_a_source_of_another_shape_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    table = tmp_path / "merchants.csv.gz"
    with pytest.raises(CommandError, match=r"dist/json/nsi\.json cannot be read"):
        call_command("build_merchants", tmp_path, output=table)
    assert not table.exists()
