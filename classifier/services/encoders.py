"""Encoders: export one, make other kinds of it, choose which versions are built with.

What makes encoders imports torch when called: worker only.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser

from classifier.artifacts import encoder_folder, keep_folder
from classifier.engine.descriptors import normalize
from classifier.engine.encoder import EncoderCard
from classifier.engine.kinds import Kind
from classifier.exceptions import EncoderError
from classifier.models import Category, Encoder, EncoderChoice, Example
from classifier.progress import Progress, part, silent
from classifier.services.taxonomy import read_examples, read_taxonomy

if TYPE_CHECKING:
    from classifier.export.sample import Sample
    from classifier.export.validation import Embedded, Validation

PARITY_TEXTS = 400
# Examples from which enough are held out to validate on; with fewer the seed's are taken.
SAMPLE_TEXTS = 1500
# Under LOCAL_DIR: weights, and encoders that are made from them before they are kept.
EXPORT_FOLDER = "export"
REASON_LENGTH = 500


def prepare_encoder(
    *,
    name: str | None = None,
    source: Path | None = None,
    by: AbstractBaseUser | None = None,
    report: Progress = silent,
) -> Encoder:
    """Export a model to a checked FP32 encoder, keep it and record it.

    Raises EncoderError where it cannot be made, UnavailableError where it cannot be kept.
    """
    from classifier.export.pipeline import export_encoder
    from classifier.export.source import find_source

    found = find_source(name or settings.ENCODER_NAME, source)
    exported = export_encoder(found, export_folder(), parity_texts(), report)
    parity = exported.parity
    return _record(
        exported.card,
        by,
        source_digest=exported.source_digest,
        manifest_digest=keep_folder(exported.folder),
        size_bytes=exported.size_bytes,
        parity_texts=parity.texts,
        parity_min_cosine=parity.min_cosine,
        parity_max_difference=parity.max_difference,
    )


def derive_encoder(
    reference: "Embedded",
    kind: Kind,
    sample: "Sample",
    *,
    of: Encoder,
    by: AbstractBaseUser | None = None,
    report: Progress = silent,
) -> "tuple[Encoder, Validation]":
    """Make an encoder of another kind from `of`, validate it against that, keep and record it.

    `reference` is `of` with its vectors of the sample. Raises EncoderError where it cannot be
    made or judged, UnavailableError where it cannot be kept.
    """
    from classifier.export import pipeline
    from classifier.export.validation import validate

    making, judging = part(report, 0.0, 0.7), part(report, 0.7, 1.0)
    derived = pipeline.derive_encoder(reference.folder, kind, export_folder(), sample, making)
    found = validate(reference, derived.folder, sample, judging)
    encoder = _record(
        derived.card,
        by,
        source_digest=of.source_digest,
        reference=of,
        manifest_digest=keep_folder(derived.folder),
        recipe=derived.recipe.as_json(),
        size_bytes=derived.size_bytes,
        cosine_mean=found.cosine_mean,
        cosine_min=found.cosine_min,
        decisions_changed=found.comparison.changed.value,
        accuracy_change=found.comparison.difference / 100,
        validation=found.as_json(),
    )
    return encoder, found


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
    return EncoderChoice.objects.create(
        encoder=encoder,
        by=by,  # type: ignore[misc]
        reason=reason[:REASON_LENGTH],
    )


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


def export_folder() -> Path:
    """Where this machine makes encoders, and has the weights that it made them from."""
    return Path(settings.LOCAL_DIR) / EXPORT_FOLDER


def weights_folder(encoder: Encoder) -> Path | None:
    """The model that an encoder was made from, where this machine has it."""
    folder = export_folder() / "weights" / encoder.source_digest[:16]
    return folder if folder.is_dir() else None


def parity_texts() -> list[str]:
    """Descriptors of mixed length: single seed examples, and several joined up to the limit."""
    examples = [text for _, text in read_examples()]
    step = max(1, len(examples) // PARITY_TEXTS)
    chosen = examples[::step][:PARITY_TEXTS]
    joined = [" ".join(chosen[:count]) for count in (2, 3, 5, 8, 13, 21)]
    return chosen + joined


def validation_sample() -> "Sample":
    """Labelled descriptors to calibrate and judge encoders on: the active examples, or the
    seed's where those are fewer than SAMPLE_TEXTS."""
    from classifier.engine.prototypes import anchor_text
    from classifier.export.sample import Sample

    examples = list(Example.objects.active().order_by("id").values_list("category__slug", "text"))
    if len(examples) >= SAMPLE_TEXTS:
        rows = Category.objects.filter(slug__in={slug for slug, _ in examples})
        anchors = {row.slug: anchor_text(row.name, row.description) for row in rows}
    else:
        examples = list(read_examples())
        anchors = {
            child["slug"]: anchor_text(child["name"], child["description"])
            for primary in read_taxonomy()
            for child in primary["children"]
        }
    slugs = sorted(anchors)
    return Sample.of(
        [normalize(text) for _, text in examples],
        [slugs.index(slug) for slug, _ in examples],
        [anchors[slug] for slug in slugs],
    )


def _record(card: EncoderCard, by: AbstractBaseUser | None, **fields: Any) -> Encoder:
    """The row of an encoder folder, made or brought up to date."""
    said = {
        "name": card.name,
        "precision": card.precision,
        "dimension": card.dimension,
        "max_tokens": card.max_tokens,
        "batch_invariant": card.batch_invariant,
        **fields,
    }
    encoder, _ = Encoder.objects.update_or_create(
        digest=card.digest,
        defaults=said,
        create_defaults={**said, "created_by": by},  # type: ignore[misc]
    )
    return encoder
