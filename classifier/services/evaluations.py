"""What versions say of their own examples: as figures, as pictures, beside one another."""

from functools import lru_cache
from typing import TYPE_CHECKING

from django.db import transaction

from classifier.artifacts import judged_examples
from classifier.models import ModelVersion, VersionPicture

if TYPE_CHECKING:
    from classifier.training.paired import CannotSay, PairedComparison
    from classifier.training.report import Report

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


def compare_reports(one: "Report", other: "Report") -> "PairedComparison | CannotSay":
    """By the texts that are an example of the same category in both."""
    from classifier.training.paired import compare_right

    return compare_right(one.right_by_text(), other.right_by_text())


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


def pictures_of(version: ModelVersion) -> dict[str, VersionPicture]:
    """By kind the light ones, each of which has a dark twin; without what is drawn."""
    drawn = version.pictures.filter(theme=VersionPicture.Theme.LIGHT).defer("svg")
    return {picture.kind: picture for picture in drawn}
