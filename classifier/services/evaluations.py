"""What versions say of their own examples: as figures, as pictures, beside one another."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from classifier.artifacts import judged_examples
from classifier.models import ModelVersion, VersionPicture

if TYPE_CHECKING:
    from classifier.training.report import Report as Report
    from classifier.training.risk_coverage import Reach

# Versions whose reports a process keeps: two are looked at together.
KEPT = 8


def report_of(version: ModelVersion) -> "Report | None":
    """None where the version was built before it kept what it says of its examples. Raises
    BundleError where its files are damaged, UnavailableError where that cannot be said."""
    return _report(version.manifest_digest)


@lru_cache(maxsize=KEPT)
def _report(manifest_digest: str) -> "Report | None":
    from classifier.training.report import Report

    judged = judged_examples(manifest_digest)
    if judged is None:
        return None
    return Report(judged.texts, judged.labels, judged.categories, judged.held_out, judged.bounds)


def compare_on_examples(version: ModelVersion, other: ModelVersion) -> str:
    """In words, by the texts that are an example of the same category in both. Raises as
    `report_of`."""
    from classifier.training.captions import paired_words
    from classifier.training.paired import compare_right

    reports = [report_of(each) for each in (version, other)]
    for each, report in zip((version, other), reports, strict=True):
        if report is None:
            return f"Cannot say. {each} has not kept what it says of its examples."
    one, another = (report.right_by_text() for report in reports if report is not None)
    return paired_words(version.name, other.name, compare_right(one, another))


def draw_pictures(version: ModelVersion, report: "Report") -> None:
    """Draw all kinds for both themes, in the place of those that are there. Only a worker can."""
    from classifier.training.pictures import draw_all

    pictures = [
        VersionPicture(
            version=version,
            kind=VersionPicture.Kind(picture.kind.value),
            theme=VersionPicture.Theme(picture.theme),
            svg=picture.svg,
            description=picture.description,
        )
        for picture in draw_all(report)
    ]
    with transaction.atomic():
        version.pictures.all().delete()
        VersionPicture.objects.bulk_create(pictures)


@dataclass(frozen=True, slots=True)
class PrecisionPreview:
    """What a version with the same examples would do to keep a precision: by its risk-coverage
    curve, and in words."""

    reach: "Reach"
    words: str


def preview_precision(report: "Report", wanted: float) -> PrecisionPreview:
    """`wanted` is a share. No bound is under the installation's own."""
    from classifier.training.captions import reach_words

    reach = report.curve.reach(wanted, settings.ABSTAIN_BELOW)
    return PrecisionPreview(reach, reach_words(reach, settings.ABSTAIN_BELOW))


def marked(svg: str, report: "Report", wanted: float) -> str:
    """The risk-coverage curve with the point on it that keeps a precision, or comes nearest."""
    from classifier.training.frames import Frame, with_mark

    chosen = report.curve.reach(wanted, settings.ABSTAIN_BELOW).chosen
    if chosen is None:
        return svg
    text = f"{chosen.precision:.1%} right, {chosen.coverage:.1%} answered"
    return with_mark(svg, Frame.of(report), chosen.coverage, chosen.precision, text)


def pictures_of(version: ModelVersion) -> dict[str, VersionPicture]:
    """By kind the light ones, each of which has a dark twin; without what is drawn."""
    drawn = version.pictures.filter(theme=VersionPicture.Theme.LIGHT).defer("svg")
    return {picture.kind: picture for picture in drawn}
