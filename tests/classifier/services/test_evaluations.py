"""What versions say of their own examples is kept, drawn and compared."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from classifier.artifacts import bundle_of
from classifier.exceptions import BundleError
from classifier.models import ModelVersion, VersionPicture
from classifier.services.evaluations import (
    _report,
    compare_on_examples,
    draw_pictures,
    preview_precision,
    report_of,
)
from classifier.services.policy import learning_policy, set_precision_target
from classifier.services.versions import build_version
from classifier.training.report import Report
from tests.artifacts import lose, spoil, spoil_copy


@pytest.fixture(autouse=True)
def _nothing_read_yet() -> None:
    _report.cache_clear()


def judged(version: ModelVersion) -> Report:
    report = report_of(version)
    assert report is not None
    return report


def test_the_report_says_what_the_build_measured(active_version: ModelVersion) -> None:
    report, figures = judged(active_version), active_version.figures
    assert report.accuracy is not None
    assert report.accuracy.value == pytest.approx(active_version.accuracy)
    assert report.macro_f1 == pytest.approx(active_version.macro_f1)
    assert report.calibration_error == pytest.approx(active_version.calibration_error)
    answered = sum(level["size"] for level in figures["levels"] if level["level"] != "abstain")
    assert report.answered is not None
    assert report.answered.total == answered
    assert report.texts == bundle_of(active_version).examples.texts


def test_a_version_is_read_once_a_process(second_version: ModelVersion) -> None:
    first = judged(second_version)
    lose(second_version)
    assert judged(second_version) is first


def test_a_copy_that_is_damaged_is_fetched_again(second_version: ModelVersion) -> None:
    spoil_copy(second_version, "held_out.safetensors")
    assert judged(second_version).accuracy is not None


def test_a_version_that_is_damaged_everywhere_is_named(second_version: ModelVersion) -> None:
    spoil(second_version, "config.json")
    with pytest.raises(BundleError, match=r"config\.json"):
        report_of(second_version)


def test_a_build_draws_its_pictures(active_version: ModelVersion) -> None:
    drawn = active_version.pictures.values_list("kind", "theme")
    assert set(drawn) == {
        (kind, theme) for kind in VersionPicture.Kind for theme in VersionPicture.Theme
    }
    assert all(len(picture.description) > 40 for picture in active_version.pictures.all())


def test_pictures_are_drawn_again_in_their_place(active_version: ModelVersion) -> None:
    before = list(active_version.pictures.values_list("kind", "theme", "svg", "description"))
    draw_pictures(active_version, judged(active_version))
    after = list(active_version.pictures.values_list("kind", "theme", "svg", "description"))
    assert after == before


def test_the_command_draws_what_is_missing(active_version: ModelVersion) -> None:
    VersionPicture.objects.all().delete()
    out = StringIO()
    call_command("draw_pictures", stdout=out)
    assert out.getvalue() == f"{active_version}: drawn.\n"
    assert active_version.pictures.count() == 6
    again = StringIO()
    call_command("draw_pictures", stdout=again)
    assert again.getvalue() == ""
    with pytest.raises(CommandError, match="No version is called"):
        call_command("draw_pictures", "v999")


def test_a_version_beside_itself_differs_in_nothing(
    active_version: ModelVersion, second_version: ModelVersion
) -> None:
    said = compare_on_examples(second_version, active_version)
    texts = f"{active_version.example_count:,}"
    assert said.startswith(f"On {texts} texts that are an example of the same category in both")
    assert "difference of +0.0 points" in said
    assert "mid-p is 1.000: a difference like this may be chance." in said


def test_what_only_one_has_is_not_compared(
    active_version: ModelVersion, different_version: ModelVersion
) -> None:
    said = compare_on_examples(active_version, different_version)
    assert said.startswith(f"On {different_version.example_count:,} texts")


def test_the_bound_that_is_shown_is_the_one_that_is_built(
    active_version: ModelVersion, settings: Settings
) -> None:
    """What an analyst sees before saving comes true where nothing else changes."""
    preview = preview_precision(judged(active_version), 0.9)
    assert preview.words.startswith("90% is kept by answering at confidence")
    set_precision_target(0.9, by=None)
    version, is_new = build_version()
    assert is_new
    chosen = preview.reach.chosen
    assert chosen is not None
    assert version.bounds["abstain"] == chosen.bound > settings.ABSTAIN_BELOW
    target = version.figures["precision_target"]
    assert target["is_kept"] is True
    assert target["answering"]["coverage"] == chosen.coverage
    answered = judged(version).answered
    assert answered is not None
    assert (answered.count, answered.total) == (chosen.right, chosen.size)
    assert answered.low >= 0.9


def test_a_precision_out_of_reach_is_built_as_near_as_can_be_and_said(
    active_version: ModelVersion,
) -> None:
    preview = preview_precision(judged(active_version), 0.999)
    assert "out of reach on these examples" in preview.words
    set_precision_target(0.999, by=None)
    version, _ = build_version()
    assert version.figures["precision_target"]["is_kept"] is False
    nearest = preview.reach.nearest
    assert nearest is not None
    assert version.bounds["abstain"] == nearest.bound


def test_the_same_precision_builds_nothing_new(active_version: ModelVersion) -> None:
    assert set_precision_target(0.9, by=None) is True
    version, _ = build_version()
    assert set_precision_target(0.9, by=None) is False
    assert build_version() == (version, False)
    assert learning_policy().history.count() == 2


def test_a_version_that_kept_nothing_of_its_examples_has_no_report(
    active_version: ModelVersion, version_of_before: ModelVersion
) -> None:
    assert report_of(version_of_before) is None
    said = compare_on_examples(active_version, version_of_before)
    assert said == f"Cannot say. {version_of_before} has not kept what it says of its examples."
    out = StringIO()
    call_command("draw_pictures", version_of_before.name, stdout=out)
    assert "nothing to draw" in out.getvalue()
