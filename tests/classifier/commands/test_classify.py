import csv
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from tqdm import tqdm

from classifier.models import ModelVersion, Prediction
from classifier.services import file_classification
from classifier.services.csv_files import write_aside
from classifier.services.file_classification import ANSWER_COLUMNS

pytestmark = pytest.mark.django_db

HEADER = "id,description,amount"


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def read(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def classify(source: Path, *options: Any, column: str = "description") -> Path:
    output = source.with_name("out.csv")
    call_command("classify", source, "--column", column, "--output", output, *options)
    return output


def test_every_row_keeps_its_columns_and_order_and_gains_the_answer(
    tmp_path: Path, active_version: ModelVersion, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write(
        tmp_path / "in.csv",
        f"{HEADER}\n1,STARBUCKS STORE 00123,-4.50\n2,SHELL OIL 5744,-40\n"
        "3,STARBUCKS STORE 00123,-5\n",
    )
    rows = read(classify(source, "--batch-size", 2))
    assert list(rows[0]) == [*HEADER.split(","), *ANSWER_COLUMNS]
    assert [row["id"] for row in rows] == ["1", "2", "3"]
    assert rows[0]["category"] == rows[2]["category"] == "coffee-shops"
    assert rows[0]["primary"] == "food-and-drink"
    assert rows[0]["model_version"] == active_version.name
    assert rows[0]["review"] == "false"
    assert 0 < float(rows[0]["confidence"]) < 1
    said = capsys.readouterr().out
    assert "utf-8, comma" in said
    assert "3 rows classified" in said
    assert not Prediction.objects.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


def test_a_row_without_an_answer_says_why(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", f"{HEADER}\n1,12345678,1\n")
    (row,) = read(classify(source))
    assert (row["category"], row["review"], row["reason"]) == ("", "true", "no_text")
    assert row["confidence"] == ""


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "utf-8,"),
        ("utf-8-sig", "utf-8-sig,"),
        ("utf-16", "utf-16,"),
        ("utf-16-le", "utf-16-le,"),
        ("cp1252", "cp1252,"),
    ],
)
def test_the_encoding_is_found_and_said(
    encoding: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # An en dash is what Windows-1252 has and Latin-1 has not.
    texts = ["CAFÉ FRANÇOIS \u2013 PARIS", "BÄCKEREI MÜLLER KÖLN"]
    lines = f"1,{texts[0]},-3\n2,{texts[1]},-4\n"
    source = write(tmp_path / "in.csv", f"{HEADER}\n{lines}", encoding)
    rows = read(classify(source))
    assert [row["description"] for row in rows] == texts
    assert rows[0]["id"] == "1"
    assert said in capsys.readouterr().out


def test_the_first_foreign_letter_may_be_far_from_the_beginning(tmp_path: Path) -> None:
    plain = "".join(f"{index},SHELL OIL,-1\n" for index in range(20_000))
    source = write(tmp_path / "in.csv", f"{HEADER}\n{plain}20000,BÄCKEREI KÖLN,-1\n", "cp1252")
    assert read(classify(source))[-1]["description"] == "BÄCKEREI KÖLN"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_and_kept(delimiter: str, tmp_path: Path) -> None:
    lines = ["id,description,when", "1,TESCO STORES 3021,2026-01-02", "2,SHELL OIL,2026-01-03"]
    source = write(tmp_path / "in.csv", "\n".join(lines).replace(",", delimiter))
    rows = read(classify(source), delimiter)
    assert [row["when"] for row in rows] == ["2026-01-02", "2026-01-03"]


def test_a_decimal_comma_is_not_taken_for_the_delimiter(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", "id;description;amount\n1;REWE MARKT;-12,50\n")
    (row,) = read(classify(source, "--amount-column", "amount"), ";")
    assert row["amount"] == "-12,50"


def test_a_named_encoding_and_delimiter_are_taken(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", "description|note\nKAWIARNIA ŁÓDŹ|a,b\n", "cp1250")
    (row,) = read(classify(source, "--encoding", "cp1250", "--delimiter", "bar"), "|")
    assert row["description"] == "KAWIARNIA ŁÓDŹ"


def test_line_ends_inside_quotes_survive(tmp_path: Path) -> None:
    memos = ["one\ntwo", "one\r\ntwo", 'a "quoted", word', "one\rtwo"]
    source = tmp_path / "in.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [["description", "memo"], *(["SHELL OIL", memo] for memo in memos)]
        )
    assert [row["memo"] for row in read(classify(source))] == memos


def test_bad_rows_go_to_the_side_file_and_the_rest_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        b"id,description,amount",
        b'1,"SHELL\nOIL",-1',
        b"4,  ,-1",
        b"5," + b"x" * 513 + b",-1",
        b"6,TESCO\0,-1",
        b"7,TESCO",
        b"8,TESCO,twelve",
        b"9,CAF\xe9,-1",
        b'10,"NEVER CLOSED,-1',
        "11,CAFÉ NERO,-1".encode(),
        b"",
        b"13," + b"x" * 512 + b",-1",
        b'14,"CLOSED",-1',
    ]
    source = tmp_path / "in.csv"
    source.write_bytes(b"\n".join(lines) + b"\n")
    output = classify(source, "--amount-column", "amount", "--encoding", "utf-8")
    assert [row["id"] for row in read(output)] == ["1", "11", "13", "14"]
    rejects = read(tmp_path / "out.rejects.csv")
    assert [(row["line"], row["reason"]) for row in rejects[:6]] == [
        ("4", "The description is empty."),
        ("5", "The description is longer than 512 characters."),
        ("6", "It holds a NUL character."),
        ("7", "It has 2 columns, not 3."),
        ("8", "The amount is not a number."),
        ("9", "It holds bytes that are not utf-8."),
    ]
    assert rejects[6]["line"] == "10"
    assert "quotes" in rejects[6]["reason"]
    assert rejects[6]["row"] == '10,"NEVER CLOSED,-1'
    assert len(rejects) == 7
    said = capsys.readouterr().out
    assert "7 rows could not be used" in said
    assert "4 rows classified" in said


def test_a_line_too_long_for_any_record_is_one_bad_row(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", f"{HEADER}\n1,{'x' * 3_000_000},1\n2,SHELL OIL,1\n")
    assert [row["id"] for row in read(classify(source))] == ["2"]
    (reject,) = read_long(tmp_path / "out.rejects.csv")
    assert reject[0] == "2"
    assert len(reject[2]) < 1_100_000


def read_long(path: Path) -> list[list[str]]:
    limit = csv.field_size_limit(10_000_000)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file))[1:]
    finally:
        csv.field_size_limit(limit)


def test_the_side_file_can_be_named(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", f"{HEADER}\n1,,1\n2,SHELL OIL,1\n")
    classify(source, "--rejects", tmp_path / "bad.csv")
    assert [row["line"] for row in read(tmp_path / "bad.csv")] == ["2"]
    assert not (tmp_path / "out.rejects.csv").exists()


def test_a_run_without_bad_rows_leaves_no_side_file_of_an_earlier_one(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", f"{HEADER}\n1,SHELL OIL,1\n")
    write(tmp_path / "out.rejects.csv", "old")
    classify(source, "--overwrite")
    assert not (tmp_path / "out.rejects.csv").exists()


def test_where_no_row_can_be_used_the_command_fails(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", f"{HEADER}\n1,,1\n")
    with pytest.raises(CommandError, match="No row could be classified"):
        classify(source)
    assert not (tmp_path / "out.csv").exists()
    assert len(read(tmp_path / "out.rejects.csv")) == 1


def test_a_header_alone_gives_a_header_alone(tmp_path: Path) -> None:
    assert read(classify(write(tmp_path / "in.csv", f"{HEADER}\n"))) == []


def test_the_direction_of_money_rules_categories_out(tmp_path: Path) -> None:
    source = write(
        tmp_path / "in.csv",
        "description,amount,way\nPAYROLL DEPOSIT ACME,100,\nPAYROLL DEPOSIT ACME,-100,\n"
        "PAYROLL DEPOSIT ACME,,debit\nPAYROLL DEPOSIT ACME,,sideways\n",
    )
    rows = read(classify(source, "--amount-column", "amount", "--direction-column", "way"))
    assert rows[0]["category"] == "paychecks"
    assert "paychecks" not in {rows[1]["category"], rows[2]["category"]}
    (reject,) = read(tmp_path / "out.rejects.csv")
    assert reject["reason"].startswith("The direction is none of")


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("-12.50", "-12.50"),
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("\u221212,5", "-12.5"),
        ("(12.50)", "-12.50"),
        ("12.50-", "-12.50"),
        ("-$1,000", "-1000"),
        ("£ -3.10", "-3.10"),
        ("12,50 EUR", "12.50"),
        ("12.50 DR", "-12.50"),
        ("12.50CR", "12.50"),
        ("1 234,50 €", "1234.50"),
        ("R 12.00", "12.00"),
    ],
)
def test_amounts_are_read_as_banks_print_them(text: str, amount: str) -> None:
    assert str(file_classification.read_amount(text)) in (amount, f"{amount}.0")


@pytest.mark.parametrize("text", ["abc", "NaN", "NAN", "1e5", "--5", "1.2.3", "-", "Infinity"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(file_classification.RowError):
        file_classification.read_amount(text)


@pytest.mark.parametrize(
    ("text", "options", "reason"),
    [
        ("a,b\n1,2\n", (), "no column “description”. Its columns: a, b"),
        ("description,description\n1,2\n", (), "2 columns named “description”"),
        ("description,level\nSHELL,1\n", (), "column “level” already.*--prefix"),
        ("description\nSHELL\n", ("--amount-column", "amount"), "no column “amount”"),
        ("description\nSHELL\n", ("--encoding", "klingon"), "“klingon” is no text encoding"),
        ("description\nSHELL\n", ("--delimiter", "ab"), "one character"),
        ("description\nSHELL\n", ("--batch-size", "0"), "--batch-size"),
        ("", (), "is empty"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_written(
    text: str, options: tuple[str, ...], reason: str, tmp_path: Path
) -> None:
    source = write(tmp_path / "in.csv", text)
    with pytest.raises(CommandError, match=reason):
        classify(source, *options)
    assert list(tmp_path.iterdir()) == [source]


def test_a_prefix_keeps_the_answer_apart_from_the_files_own_columns(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", "description,level\nSHELL OIL,7\n")
    (row,) = read(classify(source, "--prefix", "txcat_"))
    assert row["level"] == "7"
    assert row["txcat_model_version"]


def test_files_that_exist_are_not_replaced_unasked(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", f"{HEADER}\n1,SHELL OIL,1\n")
    output = write(tmp_path / "out.csv", "mine")
    with pytest.raises(CommandError, match="exists; give --overwrite"):
        classify(source)
    assert output.read_text() == "mine"
    assert len(read(classify(source, "--overwrite"))) == 1


def test_the_input_is_not_overwritten(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", f"{HEADER}\n1,SHELL OIL,1\n")
    with pytest.raises(CommandError, match="three different files"):
        call_command(
            "classify", source, "--column", "description", "--output", source, "--overwrite"
        )


def test_without_an_active_version_there_is_no_answer(tmp_path: Path) -> None:
    from classifier.models import Activation

    Activation.objects.all().delete()
    source = write(tmp_path / "in.csv", f"{HEADER}\n1,SHELL OIL,1\n")
    with pytest.raises(CommandError, match="No version has been activated"):
        classify(source)
    assert list(tmp_path.iterdir()) == [source]


def test_a_run_that_is_stopped_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write(tmp_path / "in.csv", f"{HEADER}\n1,SHELL OIL,-1\n2,TESCO,-1\n3,,-1\n")
    seen: list[set[str]] = []

    class InterruptedBar(tqdm):  # type: ignore[type-arg]
        """Ctrl-C comes when the first batch is reported."""

        def update(self, n: float | None = 1) -> bool | None:
            seen.append({path.name for path in tmp_path.iterdir()})
            signal.raise_signal(signal.SIGINT)
            return super().update(n)

    monkeypatch.setattr("classifier.management.commands.classify.tqdm", InterruptedBar)
    with pytest.raises(CommandError, match=r"Stopped\. No file was written") as stopped:
        classify(source, "--batch-size", 1)
    assert stopped.value.returncode == 130
    assert seen == [{"in.csv", f".out.csv.{os.getpid()}", f".out.rejects.csv.{os.getpid()}"}]
    assert list(tmp_path.iterdir()) == [source]


def test_a_file_written_aside_appears_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    with write_aside(target) as file:
        file.write("whole")
        file.flush()
        assert not target.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
