import json
import os
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from classifier.models import Encoder, EncoderChoice
from tests.database import database_away
from tests.rows import copy_of

Evaluate = Callable[..., str]

ROOT = Path(__file__).resolve().parents[3]
WORDS = {
    "coffee": ["coffee bar", "espresso house", "cafe latte", "roastery", "flat white stand"],
    "fuel": ["petrol station", "diesel pump", "gas station", "fuel stop", "service station oil"],
    "pharmacy": ["pharmacy", "drug store", "chemist", "apothecary", "prescription counter"],
}


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Three labels, five merchants each, two rows a merchant."""
    path = tmp_path / "labelled.csv"
    rows = [
        f"{word} {town},{label},{label} {word},-1"
        for label, words in WORDS.items()
        for word in words
        for town in ("north", "south")
    ]
    path.write_text("\n".join(["text,label,merchant,amount", *rows]) + "\n", encoding="utf-8")
    return path


def run(path: Path, *options: Any) -> str:
    out = StringIO()
    call_command("evaluate", path, *options, stdout=out)
    return out.getvalue()


@pytest.fixture
def evaluate(exported_encoder: Path) -> Evaluate:
    """With an encoder by its folder: what asks for this may touch no database."""

    def with_encoder(path: Path, *options: Any) -> str:
        return run(path, "--encoder", exported_encoder, *options)

    return with_encoder


def test_the_table_has_a_row_for_each_head_number_of_shots_and_side(
    evaluate: Evaluate, labelled: Path
) -> None:
    said = evaluate(
        labelled, "--group", "merchant", "--shots", 1, 2, "full", "--seeds", 2,
        "--head", "prototype", "prototype-no-anchor",
    )  # fmt: skip
    lines = said.splitlines()
    assert "30 rows, 3 labels, 15 groups" in lines[0]
    assert "of the rows name a merchant" in lines[1]
    assert lines[2].split()[:4] == ["head", "merchants", "shots", "accuracy"]
    rows = [line.split() for line in lines[3:15]]
    assert [row[:3] for row in rows] == [
        [head, merchants, shots]
        for head in ("prototype", "prototype-no-anchor")
        for shots in ("1", "2", "full")
        for merchants in ("on", "off")
    ]
    assert all("±" in row for row in rows)
    assert "whether or not the version abstains" in said


def test_a_hybrid_hears_words_that_prototypes_do_not(evaluate: Evaluate, tmp_path: Path) -> None:
    """Two labels whose texts mean the same, told apart by how they are written."""
    path = tmp_path / "written.csv"
    towns = ("north", "south", "west", "east", "upper", "lower", "old", "new")
    rows = [
        f"{word} qx{word}zz {town},{word},{word} {town}"
        for town in towns
        for word in ("coffee", "coffeebar")
    ]
    path.write_text("\n".join(["text,label,merchant", *rows]) + "\n", encoding="utf-8")
    said = evaluate(
        path, "--group", "merchant", "--shots", "full", "--seeds", 1, "--merchants", "off",
        "--head", "prototype", "hybrid",
    )  # fmt: skip
    heads = {line.split()[0]: float(line.split()[3]) for line in said.splitlines()[2:4]}
    assert heads["hybrid"] == 100.0 >= heads["prototype"]


def test_the_same_seeds_give_the_same_figures(evaluate: Evaluate, labelled: Path) -> None:
    options = ("--group", "merchant", "--shots", 1, "full", "--seeds", 2)
    assert evaluate(labelled, *options) == evaluate(labelled, *options)


def test_all_figures_of_every_seed_are_in_the_json(
    evaluate: Evaluate, labelled: Path, tmp_path: Path
) -> None:
    path = tmp_path / "figures.json"
    evaluate(
        labelled, "--group", "merchant", "--amount", "amount",
        "--shots", 1, "full", "--seeds", 3, "--json", path,
    )  # fmt: skip
    report = json.loads(path.read_text(encoding="utf-8"))
    assert report["labels"] == ["coffee", "fuel", "pharmacy"]
    assert (report["rows"], report["skipped"], report["group"]) == (30, {}, "merchant")
    results = report["results"]
    assert [(row["shots"], row["merchant_weight"] is not None, row["seed"]) for row in results] == [
        (shots, has_merchants, seed)
        for shots in (1, "full")
        for has_merchants in (True, False)
        for seed in range(3)
    ]
    for row in results:
        # Two of the five merchants of a label, with two rows each, are tested.
        assert row["test_rows"] == 12
        assert row["train_rows"] == (3 if row["shots"] == 1 else 18)
        for figure in ("accuracy", "macro_f1", "coverage", "calibration_error"):
            assert 0 <= row[figure] <= 1
    assert sum(row["accuracy"] for row in results if row["shots"] == "full") / 6 > 0.6


def test_rows_that_cannot_be_judged_are_counted_and_said(
    evaluate: Evaluate, labelled: Path
) -> None:
    with labelled.open("a", encoding="utf-8") as file:
        file.write("corner cafe,,x,-1\n,coffee,x,-1\n1234,coffee,x,-1\na,b\ntea,fuel,x,much\n")
    said = evaluate(labelled, "--amount", "amount", "--shots", 1, "--seeds", 1)
    assert "1 rows passed over: The label is empty." in said
    assert "2 rows passed over: The text is empty or holds no letters." in said
    assert "1 rows passed over: It has 2 columns, not 4." in said
    assert "1 rows passed over: The amount is not a number." in said
    assert "30 rows, 3 labels" in said


def test_one_text_under_two_labels_is_judged_on_one_side(
    evaluate: Evaluate, labelled: Path, tmp_path: Path
) -> None:
    with labelled.open("a", encoding="utf-8") as file:
        file.write("corner shop,coffee,a,-1\ncorner shop,fuel,b,-1\n")
    path = tmp_path / "figures.json"
    said = evaluate(labelled, "--shots", "full", "--seeds", 3, "--json", path)
    assert "32 rows, 3 labels, 31 groups" in said
    for row in json.loads(path.read_text())["results"]:
        assert row["train_rows"] + row["test_rows"] == 32


@pytest.mark.parametrize(
    ("text", "options", "reason"),
    [
        ("text,label\na b,x\n", (), "one label only, “x”"),
        ("text,label\n", (), "no row with a text and a label"),
        ("text,label\n,x\n", (), "no row with a text and a label"),
        ("", (), "is empty"),
        ("words,label\na,x\n", (), "no column “text”. Its columns: words, label"),
        ("text,label\na,x\nb,y\n", ("--group", "shop"), "no column “shop”"),
        ("text,label\na,x\nb,y\n", ("--seeds", 0), "--seeds must be 1 or more"),
        ("text,label\na,x\nb,y\n", ("--shots", 0), "“0” is neither"),
        ("text,label\na,x\nb,y\n", ("--shots", "all"), "“all” is neither"),
        ("text,label\na,x\nb,y\n", ("--test-share", 1.0), "between 0 and 1"),
        ("text,label\na,x\nb,y\n", ("--head", "forest"), "invalid choice: 'forest'"),
        ("text,label\na,x\nb,y\n", (), "No row is left to test on"),
        ("text,label\na,x\nb,y\n", ("--json", "/nowhere/x.json"), "folder /nowhere does not"),
    ],
)
def test_what_cannot_be_judged_is_refused_with_the_reason(
    evaluate: Evaluate, text: str, options: tuple[Any, ...], reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "in.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CommandError, match=reason):
        evaluate(path, *options)


@pytest.mark.django_db
def test_the_chosen_encoder_is_judged_where_none_is_named(labelled: Path, encoder: Encoder) -> None:
    copy_of(encoder, digest="0" * 64)
    assert encoder.digest[:8] in run(labelled, "--shots", 1, "--seeds", 1)


@pytest.mark.django_db
def test_without_an_encoder_the_command_says_how_to_make_one(labelled: Path) -> None:
    EncoderChoice.objects.all().delete()
    with pytest.raises(CommandError, match=r"run `manage\.py prepare_encoder`"):
        run(labelled)


@pytest.mark.django_db
def test_without_its_database_the_command_says_to_name_an_encoder(labelled: Path) -> None:
    with database_away(), pytest.raises(CommandError, match="Name a folder with --encoder"):
        run(labelled)


def test_a_folder_that_is_no_encoder_is_refused(labelled: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"encoder\.json is missing"):
        run(labelled, "--encoder", tmp_path)


def test_the_command_runs_where_the_database_does_not_exist(
    labelled: Path, exported_encoder: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [
            sys.executable, "manage.py", "evaluate", labelled, "--shots", "1", "--seeds", "1",
            "--encoder", exported_encoder,
        ],
        cwd=ROOT,
        env={
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "TXCAT_DATA_DIR": str(tmp_path / "var"),
            "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
            "SECRET_KEY": "a key for tests only, which protects nothing",
        },
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "30 rows, 3 labels" in done.stdout
    assert done.stderr == ""


def test_cross_validation_tests_each_row_once(evaluate: Evaluate, labelled: Path) -> None:
    said = evaluate(
        labelled, "--group", "merchant", "--shots", "full", "--folds", 3, "--merchants", "off"
    )
    row = next(line.split() for line in said.splitlines() if line.startswith("prototype"))
    assert row[:3] == ["prototype", "off", "full"]
    assert row[-4:] == ["20", "rows", "10", "rows"]


def test_more_folds_than_merchants_are_refused(evaluate: Evaluate, labelled: Path) -> None:
    with pytest.raises(CommandError, match="20 folds need as many groups"):
        evaluate(labelled, "--group", "merchant", "--folds", 20)
    with pytest.raises(CommandError, match="--folds must be 2 or more"):
        evaluate(labelled, "--folds", 1)


def test_a_file_of_examples_is_built_from_and_not_tested_on(
    evaluate: Evaluate, labelled: Path, tmp_path: Path
) -> None:
    lines = labelled.read_text(encoding="utf-8").splitlines()
    examples = tmp_path / "examples.csv"
    examples.write_text("\n".join([lines[0], *lines[1::5]]) + "\n", encoding="utf-8")
    said = evaluate(labelled, "--examples", examples, "--shots", "full", "--merchants", "off")
    row = next(line.split() for line in said.splitlines() if line.startswith("prototype"))
    assert row[-4:] == ["6", "rows", "24", "rows"]


def test_examples_that_lack_a_label_are_refused(
    evaluate: Evaluate, labelled: Path, tmp_path: Path
) -> None:
    lines = labelled.read_text(encoding="utf-8").splitlines()
    examples = tmp_path / "examples.csv"
    examples.write_text("\n".join(lines[:12]) + "\n", encoding="utf-8")
    with pytest.raises(CommandError, match="No example has the label pharmacy"):
        evaluate(labelled, "--examples", examples)
    with pytest.raises(CommandError, match="Every row's text is an example"):
        evaluate(labelled, "--examples", labelled)


def test_confidence_and_levels_are_held_against_what_was_right(
    evaluate: Evaluate, labelled: Path
) -> None:
    said = evaluate(
        labelled, "--group", "merchant", "--shots", "full", "--seeds", 2, "--merchants", "off"
    )
    lines = said.splitlines()
    start = next(place for place, line in enumerate(lines) if "shots  error  by chance" in line)
    row = lines[start + 1].split()
    assert row[:3] == ["prototype", "off", "full"]
    assert 0 <= float(row[3]) <= 1
    assert 0 < float(row[4]) <= 1
    # Twenty examples are too few to promise 95%.
    assert row[5:] == ["not", "given"]
