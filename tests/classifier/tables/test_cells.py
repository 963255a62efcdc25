"""A text that a spreadsheet would run is text there, and comes back as it was."""

import pytest

from classifier.tables.cells import escape, unescape

DANGEROUS = ["=1+1", "+44 20", "-5", "@SUM(A1)", "\tx", "\rx", "'=1", "''=1", "=cmd|' /C calc'!A0"]
HARMLESS = ["", "ZORBLAX", "'til Dawn", "O'BRIEN", "'", "1=1", "''", " =1"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_what_could_be_a_formula_is_escaped(text: str) -> None:
    assert escape(text) == f"'{text}"


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_none_stays_as_it_is(text: str) -> None:
    assert escape(text) == text


@pytest.mark.parametrize("text", DANGEROUS + HARMLESS)
def test_every_text_comes_back(text: str) -> None:
    assert unescape(escape(text)) == text
