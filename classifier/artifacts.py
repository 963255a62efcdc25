"""From rows to the files they name."""

from django.conf import settings

from classifier.engine.bundle import Bundle, read_bundle
from classifier.models import ModelVersion


def bundle_of(version: ModelVersion, *, verified_encoder: str | None = None) -> Bundle:
    """The version's bundle, held against the digest in its row; see `read_bundle`.

    Raises BundleError naming the file that is missing, altered or of another shape.
    """
    return read_bundle(
        settings.ARTIFACTS_DIR / version.folder,
        manifest_digest=version.manifest_digest,
        verified_encoder=verified_encoder,
    )
