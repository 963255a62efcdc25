"""Make encoders. Worker only: imports torch when called."""

from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser

from classifier.artifacts import encoder_folder, keep_folder
from classifier.exceptions import EncoderError
from classifier.models import Encoder, EncoderChoice
from classifier.progress import Progress, silent
from classifier.services.taxonomy import read_examples

PARITY_TEXTS = 400
# Under LOCAL_DIR: the weights, and the encoders made from them before they are kept.
EXPORT_FOLDER = "export"


def prepare_encoder(
    *, name: str | None = None, source: Path | None = None, report: Progress = silent
) -> Encoder:
    """Export a model to a checked FP32 encoder, keep it and record it.

    Raises EncoderError where it cannot be made, UnavailableError where it cannot be kept.
    """
    from classifier.export.pipeline import export_encoder
    from classifier.export.source import find_source

    found = find_source(name or settings.ENCODER_NAME, source)
    folder = settings.LOCAL_DIR / EXPORT_FOLDER
    exported = export_encoder(found, folder, parity_texts(), report)
    card, parity = exported.card, exported.parity
    manifest_digest = keep_folder(exported.folder)
    encoder, _ = Encoder.objects.update_or_create(
        digest=card.digest,
        defaults={
            "name": card.name,
            "precision": card.precision,
            "source_digest": exported.source_digest,
            "manifest_digest": manifest_digest,
            "size_bytes": exported.size_bytes,
            "dimension": card.dimension,
            "max_tokens": card.max_tokens,
            "batch_invariant": card.batch_invariant,
            "parity_texts": parity.texts,
            "parity_min_cosine": parity.min_cosine,
            "parity_max_difference": parity.max_difference,
        },
    )
    return encoder


def chosen_encoder() -> Encoder | None:
    """The one that versions are built with; None before one was chosen."""
    choice = EncoderChoice.objects.select_related("encoder").first()
    return choice.encoder if choice else None


def choose_encoder(
    encoder: Encoder, *, by: AbstractBaseUser | None = None, reason: str = ""
) -> EncoderChoice | None:
    """Build versions with this encoder from now on. None where it was the chosen one already."""
    if chosen_encoder() == encoder:
        return None
    return EncoderChoice.objects.create(encoder=encoder, by=by, reason=reason)  # type: ignore[misc]


def has_whole_encoder() -> bool:
    """Whether a version can be built with the chosen encoder. Raises UnavailableError where that
    cannot be said."""
    encoder = chosen_encoder()
    if encoder is None:
        return False
    try:
        encoder_folder(encoder)
    except EncoderError:
        return False
    return True


def parity_texts() -> list[str]:
    """Descriptors of mixed length: single seed examples, and several joined up to the limit."""
    examples = [text for _, text in read_examples()]
    step = max(1, len(examples) // PARITY_TEXTS)
    chosen = examples[::step][:PARITY_TEXTS]
    joined = [" ".join(chosen[:count]) for count in (2, 3, 5, 8, 13, 21)]
    return chosen + joined
