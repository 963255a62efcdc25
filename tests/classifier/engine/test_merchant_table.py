"""Merchants and tags as files."""

from pathlib import Path

import pytest

from classifier.engine.merchants.table import (
    MERCHANT_COLUMNS,
    read_merchants,
    read_tags,
    write_merchants,
)
from classifier.engine.merchants.types import Merchant, Tag
from classifier.exceptions import InputFileError

HEADER = ",".join(MERCHANT_COLUMNS)
MERCHANTS = [
    Merchant("a", 'The "A", Ltd', "shop=toys", ("Б", "a & b"), ("de", "gb"), "Q42"),
    Merchant("b", "B", "amenity=cafe;cuisine=donut", other_tags=("shop=toys", "amenity=fuel")),
]


@pytest.mark.parametrize("name", ["merchants.csv", "merchants.csv.gz"])
def test_what_is_written_is_read(tmp_path: Path, name: str) -> None:
    write_merchants(tmp_path / name, MERCHANTS)
    assert read_merchants(tmp_path / name) == MERCHANTS


def test_the_same_merchants_give_the_same_bytes_under_any_name(tmp_path: Path) -> None:
    write_merchants(tmp_path / "one.csv.gz", MERCHANTS)
    write_merchants(tmp_path / "two.csv.gz", MERCHANTS)
    content = (tmp_path / "one.csv.gz").read_bytes()
    assert content == (tmp_path / "two.csv.gz").read_bytes()
    assert content[4:8] == b"\0\0\0\0"


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("a,A,shop=toys,,", "line 2: expected 7 columns, found 5"),
        (",A,shop=toys,,,,", "line 2: column key is empty"),
        ("a, ,shop=toys,,,,", "line 2: column name is empty"),
        ("a,A,,,,,", "line 2: column tag is empty"),
        ("a,A,toys,,,,", "line 2: column tag cannot be 'toys'"),
        ("a,A,shop=toys,,,,fuel", "line 2: column other_tags cannot be 'fuel'"),
        ("a,A,shop=toys,GB,,,", "line 2: column countries cannot be 'GB'"),
        ("a,A,shop=toys,,42,,", "line 2: column wikidata_id cannot be '42'"),
        ("a,A,shop=toys,,,,\na,B,shop=toys,,,,", "line 3: column key 'a' is that of line 2 too"),
        ('a,"A,shop=toys,,,,', "line 2: unexpected end of data"),
    ],
)
def test_a_bad_row_is_refused_with_line_and_column(
    tmp_path: Path, row: str, complaint: str
) -> None:
    path = tmp_path / "merchants.csv"
    path.write_text(f"{HEADER}\n{row}\n")
    with pytest.raises(InputFileError) as refusal:
        read_merchants(path)
    assert str(refusal.value) == f"{path}, {complaint}."


def test_other_columns_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "merchants.csv"
    path.write_text("name,tag\n")
    with pytest.raises(InputFileError, match="line 1: expected the columns key, name, tag"):
        read_merchants(path)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(b"plain", "cannot be read"), (b"\x1f\x8b\x08", "cannot be read")],
)
def test_what_is_not_gzip_is_refused(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "merchants.csv.gz"
    path.write_bytes(content)
    with pytest.raises(InputFileError, match=complaint):
        read_merchants(path)


def test_a_file_of_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "merchants.csv"
    path.write_bytes(HEADER.encode() + "\na,Müller,shop=toys,,,,\n".encode("latin-1"))
    with pytest.raises(InputFileError, match="is not UTF-8"):
        read_merchants(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="cannot be read"):
        read_tags(tmp_path / "tags.csv")


def test_tags_are_read(tmp_path: Path) -> None:
    path = tmp_path / "tags.csv"
    path.write_text("tag,words,category\nshop=toys,toy store,toys\nshop=mall,many shops,\n")
    assert read_tags(path) == [
        Tag("shop=toys", "toy store", "toys"),
        Tag("shop=mall", "many shops"),
    ]


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("shop=toys,a b,\nshop=toys,c d,", "line 3: column tag 'shop=toys' was there before"),
        ("shop=toys,,", "line 2: column words is empty"),
        ("toys,a b,", "line 2: column tag cannot be 'toys'"),
    ],
)
def test_a_bad_tag_is_refused(tmp_path: Path, row: str, complaint: str) -> None:
    path = tmp_path / "tags.csv"
    path.write_text(f"tag,words,category\n{row}\n")
    with pytest.raises(InputFileError) as refusal:
        read_tags(path)
    assert str(refusal.value) == f"{path}, {complaint}."
