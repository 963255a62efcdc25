"""Models and versions as files: kept in the artifact store, copied to each machine that loads them.

A folder is kept as blobs, one for each file and one for the manifest that lists them, each under
its SHA-256. A row names a folder by its manifest's.
"""

from pathlib import Path

from classifier.artifacts.blobs import keep_blob, read_blob, remove_blob
from classifier.artifacts.local import keep_folder, local_folder, mend_folder, scratch_folder
from classifier.engine.bundle import Bundle, read_bundle
from classifier.engine.encoder import MODEL_FILE
from classifier.engine.judged import JudgedExamples, read_judged
from classifier.engine.manifest import MANIFEST_FILE, Manifest
from classifier.exceptions import BundleError, EncoderError, UnavailableError
from classifier.models import Category, Encoder, ModelVersion

__all__ = [
    "bundle_of",
    "category_ids",
    "encoder_folder",
    "judged_examples",
    "keep_blob",
    "keep_folder",
    "local_folder",
    "mend_folder",
    "read_blob",
    "remove_blob",
    "scratch_folder",
]


def bundle_of(version: ModelVersion, *, verified_encoder: str | None = None) -> Bundle:
    """The version's bundle from this machine's copy, every file checked; see `read_bundle`.

    A file that is missing or altered here is fetched again, once. Raises BundleError naming the
    file that is damaged in the store too, or of another shape, UnavailableError where that cannot
    be said.
    """
    digest = version.manifest_digest
    folder = local_folder(digest)
    try:
        return read_bundle(folder, manifest_digest=digest, verified_encoder=verified_encoder)
    except BundleError:
        if not mend_folder(digest, verified=(verified_encoder,) if verified_encoder else ()):
            raise
    return read_bundle(folder, manifest_digest=digest, verified_encoder=verified_encoder)


def judged_examples(manifest_digest: str) -> JudgedExamples | None:
    """What a version's bundle says of its own examples; see `read_judged`. Raises as
    `bundle_of`, by which a missing or altered file is fetched again too."""
    folder = local_folder(manifest_digest)
    try:
        return read_judged(folder, manifest_digest)
    except BundleError:
        if not mend_folder(manifest_digest):
            raise
    return read_judged(folder, manifest_digest)


def category_ids(bundle: Bundle) -> dict[str, int]:
    """The primary key of each of the bundle's categories, by slug, and of those above them. Raises
    BundleError where some are not here."""
    categories = bundle.prototypes.categories
    slugs = {slug for each in categories for slug in (each.slug, each.primary_slug)}
    ids = dict(Category.objects.filter(slug__in=slugs).values_list("slug", "id"))
    unknown = sorted(slugs - ids.keys())
    if unknown:
        raise BundleError(
            f"{bundle.folder} has categories that are not here: {', '.join(unknown)}."
        )
    return ids


def encoder_folder(encoder: Encoder) -> Path:
    """The encoder's folder as this machine's copy, every file checked, and fetched again once
    where it is missing or altered here. Do not write into it.

    Raises EncoderError naming the file that is damaged in the store too or is not the encoder's,
    UnavailableError where that cannot be said.
    """
    try:
        mend_folder(encoder.manifest_digest)
        folder = local_folder(encoder.manifest_digest)
        model = Manifest.read(folder / MANIFEST_FILE).files.get(MODEL_FILE)
    except UnavailableError:
        raise
    except BundleError as error:
        raise EncoderError(f"{error} Make it again: run `manage.py prepare_encoder`.") from error
    if model is None or model.sha256 != encoder.digest:
        raise EncoderError(
            f"{folder / MODEL_FILE} is not the model of {encoder}: run `manage.py prepare_encoder`."
        )
    return folder
