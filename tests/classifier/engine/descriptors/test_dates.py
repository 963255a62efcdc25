"""Dates and times in ISO 8601."""

import pytest

from classifier.engine.descriptors.dates import iso_date, iso_time


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2024-11-14", "2024-11-14"),
        ("14.11.2024", "2024-11-14"),
        ("14.11.", "--11-14"),
        ("14/11/24", "2024-11-14"),
        ("11/14/24", "2024-11-14"),
        ("08-05-2024", "2024-05-08"),
        ("14nov24", "2024-11-14"),
        ("14 nov", "--11-14"),
        ("1st dec 2024", "2024-12-01"),
        ("3 juin", "--06-03"),
        ("12. okt", "--10-12"),
        ("3 août", "--08-03"),
        ("01/12/99", "01/12/99"),
        ("05/05/99", "1999-05-05"),
    ],
)
def test_a_date_is_read_where_it_has_one_meaning(text: str, iso: str) -> None:
    assert iso_date(text, is_day_first=None) == iso


@pytest.mark.parametrize(("is_day_first", "iso"), [(True, "--04-03"), (False, "--03-04")])
def test_the_country_decides_which_number_is_the_month(is_day_first: bool, iso: str) -> None:
    assert iso_date("03/04", is_day_first=is_day_first) == iso


@pytest.mark.parametrize("text", ["", "nov", "31 xyz", "99/99", "a"])
def test_what_is_no_date_comes_back(text: str) -> None:
    assert iso_date(text, is_day_first=True) == text


@pytest.mark.parametrize(
    ("text", "iso"),
    [("14:32", "14:32"), ("9:05 pm", "21:05"), ("12:10am", "00:10"), ("14:32:10", "14:32:10")],
)
def test_a_time_is_of_24_hours(text: str, iso: str) -> None:
    assert iso_time(text) == iso


def test_what_is_no_time_comes_back() -> None:
    assert iso_time("29:10") == "29:10"
