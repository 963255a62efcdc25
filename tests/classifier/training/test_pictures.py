"""Pictures of a version, and what is said of them to who cannot see them."""

import sys
import warnings
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from classifier.training.frames import FOOT, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Frame, with_mark
from classifier.training.pictures import MAX_DETAILED, Picture, PictureKind, draw_all
from classifier.training.report import Report
from tests.classifier.training.reports import report_of

SVG = "{http://www.w3.org/2000/svg}"


def mixed(names: tuple[str, ...] = ("groceries", "coffee", "rent")) -> Report:
    """Three hundred texts, of which the surest are right."""
    chance = np.random.default_rng(3)
    rows = []
    for place in range(300):
        truth, confidence = names[place % len(names)], float(chance.uniform(0.05, 0.99))
        is_right = chance.uniform() < confidence
        other = names[(place + 1) % len(names)]
        rows.append((f"TEXT {place}", truth, truth if is_right else other, confidence))
    return report_of(rows)


def drawn(report: Report) -> dict[tuple[str, str], Picture]:
    return {(picture.kind, picture.theme): picture for picture in draw_all(report)}


def words(picture: Picture) -> list[str]:
    root = ElementTree.fromstring(picture.svg)  # noqa: S314
    return ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]


def test_each_kind_is_drawn_for_both_themes_and_described() -> None:
    pictures = drawn(mixed())
    assert set(pictures) == {(kind, theme) for kind in PictureKind for theme in ("light", "dark")}
    for kind in PictureKind:
        light, dark = pictures[kind, "light"], pictures[kind, "dark"]
        assert light.description == dark.description
        assert light.svg != dark.svg


def test_the_same_report_gives_the_same_bytes() -> None:
    assert drawn(mixed()) == drawn(mixed())
    assert "dc:date" not in drawn(mixed())[PictureKind.CONFUSION, "light"].svg


def test_words_stay_words_whatever_a_category_is_called() -> None:
    """No formula is read into a name, and no mark-up."""
    report = mixed(("cash $1 & $2", "<b>fees</b>", "rent"))
    said = words(drawn(report)[PictureKind.CONFUSION, "light"])
    assert "Cash $1 & $2" in said
    assert "<b>fees</b>" in said


def test_a_name_in_any_script_is_drawn_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        said = words(
            drawn(mixed(("食料品", "إيجار", "Überweisung 🏠")))[PictureKind.CONFUSION, "dark"]
        )
    assert "食料品" in said


def test_many_detailed_categories_are_drawn_by_their_primary_ones() -> None:
    few = mixed(tuple(f"c{place}" for place in range(MAX_DETAILED)))
    many = mixed((*(f"c{place}" for place in range(MAX_DETAILED)), "rent"))
    assert "C7" in words(drawn(few)[PictureKind.CONFUSION, "light"])
    said = words(drawn(many)[PictureKind.CONFUSION, "light"])
    assert {"Food", "Home"} <= set(said)
    assert "C7" not in said


def test_a_report_of_almost_nothing_is_drawn_too() -> None:
    report = report_of([("TESCO", "groceries", "coffee", 0.1)])
    for picture in drawn(report).values():
        assert picture.svg.rstrip().endswith("</svg>")
    texts = {picture.kind: picture.description for picture in drawn(report).values()}
    assert "0 of 1 texts" in texts[PictureKind.CONFUSION]
    assert "answers none" in texts[PictureKind.RISK_COVERAGE]


def test_the_words_tell_what_is_seen() -> None:
    report = mixed()
    assert report.accuracy is not None
    said = {picture.kind: picture.description for picture in drawn(report).values()}
    assert f"{report.accuracy.count} of 300 texts" in said[PictureKind.CONFUSION]
    assert "Groceries taken for Coffee" in said[PictureKind.CONFUSION]
    assert f"{report.calibration_error:.3f}" in said[PictureKind.RELIABILITY]
    assert f"{report.coverage:.1%}" in said[PictureKind.RISK_COVERAGE]


def test_where_confidence_is_off_the_words_say_where_and_how() -> None:
    rows = [(f"TEXT {place}", "coffee", "rent", 0.95) for place in range(50)]
    said = {each.kind: each.description for each in drawn(report_of(rows)).values()}
    assert (
        "0.9 to 1.0, 95.0% on average, 0 of 50 (0.0%) are right, fewer"
        in (said[PictureKind.RELIABILITY])
    )


def test_levels_that_begin_under_the_bound_to_abstain_by_are_not_marked() -> None:
    report = mixed()
    bounds = replace(report.bounds, abstain=0.8)
    picture = drawn(replace(report, bounds=bounds))[PictureKind.RISK_COVERAGE, "light"]
    said = words(picture)
    assert {"high, from 0.90", "abstains below 0.80"} <= set(said)
    assert not any(word.startswith("medium") for word in said)


def test_a_mark_stands_where_the_curve_does() -> None:
    """The corners of the plot are those that matplotlib drew."""
    frame = Frame(floor=0.5)
    assert frame.place(0, 0.5) == (WIDTH * LEFT, HEIGHT * (1 - FOOT))
    assert frame.place(1, 1.0) == pytest.approx((WIDTH * RIGHT, HEIGHT * (1 - TOP)))
    report = mixed()
    picture = drawn(report)[PictureKind.RISK_COVERAGE, "light"]
    root = ElementTree.fromstring(picture.svg)  # noqa: S314
    assert root.get("viewBox") == f"0 0 {WIDTH:g} {HEIGHT:g}"
    curve = report.curve
    place = int(curve.believed[-1])
    x, y = Frame.of(report).place(curve.coverages[place], curve.precisions[place])
    (line,) = [path for path in root.iter(f"{SVG}path") if "#1d4ed8" in path.get("style", "")]
    end = [float(number) for number in line.get("d", "").split()[-2:]]
    assert end == pytest.approx([x, y], abs=0.01)


def test_a_mark_is_part_of_the_picture() -> None:
    picture = drawn(mixed())[PictureKind.RISK_COVERAGE, "light"]
    marked = with_mark(picture.svg, Frame(0.5), 0.8, 0.9, "90% < 98%")
    root = ElementTree.fromstring(marked)  # noqa: S314
    assert "90% < 98%" in ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]


def test_nothing_of_pyplot_is_held() -> None:
    drawn(mixed())
    assert "matplotlib.pyplot" not in sys.modules
