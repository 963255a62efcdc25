"""Build versions."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils import timezone
from numpy.typing import NDArray

from classifier.artifacts import bundle_of, encoder_folder, keep_folder, scratch_folder
from classifier.engine.bundle import write_bundle
from classifier.engine.descriptors import NORMALIZER_VERSION, normalize
from classifier.engine.encoder import Encoder as OnnxEncoder
from classifier.engine.encoder import Threads
from classifier.engine.kinds import HeadKind
from classifier.engine.manifest import FORMAT
from classifier.engine.merchants.knowledge import MATCHER_VERSION, MerchantKnowledge
from classifier.engine.prototypes import anchor_text
from classifier.exceptions import (
    BundleError,
    ConflictError,
    InvalidItemError,
    TrainingError,
    UnavailableError,
)
from classifier.jobs.queue import enqueue
from classifier.models import Category, Encoder, Example, Job, ModelVersion, Prototype
from classifier.progress import Progress, silent
from classifier.services.categories import category_info
from classifier.services.comparisons import compare_with_active
from classifier.services.encoders import chosen_encoder
from classifier.services.evaluations import draw_pictures
from classifier.services.knowledge import (
    KnownMerchants,
    build_knowledge,
    known_merchants,
    merchant_groups,
)
from classifier.services.policy import learning_policy

if TYPE_CHECKING:
    from classifier.jobs.context import JobContext
    from classifier.training.second_opinion import Wording

ENCODE_CHUNK = 128


def enqueue_build(started_by: AbstractBaseUser | None = None, note: str = "") -> Job:
    """Queue a build. Raises ConflictError where one is queued or running."""
    return enqueue(Job.Kind.BUILD_VERSION, {"note": note}, started_by=started_by)


def run_build(context: "JobContext") -> dict[str, Any]:
    """The work of a BUILD_VERSION job."""
    version, is_new = build_version(
        report=context, created_by=context.started_by, note=context.parameters["note"]
    )
    said = "built" if is_new else "nothing changed since this version was built"
    return {"version": version.pk, "is_new": is_new, "message": f"{version}: {said}"}


def build_version(
    *,
    report: Progress = silent,
    created_by: AbstractBaseUser | None = None,
    note: str = "",
    force: bool = False,
) -> tuple[ModelVersion, bool]:
    """Build a candidate from the chosen encoder and all active examples, and compare it with the
    version that is active.

    Returns the version and whether it is new: where the newest version was built from the very
    same input and its files are whole it is returned as it is, unless `force`. Raises
    TrainingError where there is no encoder or too few examples, EncoderError where the encoder's
    files are damaged, UnavailableError where files cannot be read or kept, ConflictError where
    another build was faster.
    """
    from classifier.training.build import build, label_indexes
    from classifier.training.prototypes import TrainingSet
    from classifier.training.report import Report

    encoder = chosen_encoder()
    if encoder is None:
        raise TrainingError("There is no encoder yet: run `manage.py prepare_encoder`.")
    input_read_at = timezone.now()
    # Canonical texts are made anew: those of the rows may be of an older normalizer.
    examples = [
        (text, normalize(text), slug)
        for text, slug in Example.objects.active()
        .order_by("id")
        .values_list("text", "category__slug")
    ]
    merchants = known_merchants()
    used = {slug for _, _, slug in examples}
    rows = [row for row in Category.objects.active().detailed().in_tree_order() if row.slug in used]
    precision_target = learning_policy().precision_target
    input_digest = _input_digest(encoder, rows, examples, merchants, precision_target)
    newest = ModelVersion.objects.first()
    if newest and newest.input_digest == input_digest and not force and is_whole(newest):
        newest.input_read_at = input_read_at
        newest.save(update_fields=["input_read_at"])
        return newest, False
    folder = encoder_folder(encoder)
    is_hybrid = settings.HEAD == HeadKind.HYBRID

    categories = [category_info(row) for row in rows]
    anchors = [_anchor(row) for row in rows]
    canonical_texts = [canonical for _, canonical, _ in examples]
    vectors = _encode(encoder, folder, anchors + canonical_texts, report)
    slugs = [category.slug for category in categories]
    with scratch_folder() as scratch:
        report(0.85, "embedding what merchants sell")
        knowledge = build_knowledge(
            scratch / "merchants",
            merchants,
            OnnxEncoder(folder, Threads(settings.ENGINE_THREADS, settings.ENGINE_SPINNING)),
            dict(zip(slugs, vectors, strict=False)),
        )
        training = TrainingSet(
            vectors=vectors[len(anchors) :],
            labels=label_indexes([slug for _, _, slug in examples], categories),
            anchors=vectors[: len(anchors)],
            evidence=knowledge.evidence_of(canonical_texts, encoder.dimension),
        )
        report(0.87, "fitting")
        built = build(
            categories,
            [text for text, _, _ in examples],
            training,
            settings.ABSTAIN_BELOW,
            wording=_wording(canonical_texts, rows, knowledge) if is_hybrid else None,
            precision_target=precision_target,
        )
        report(0.95, "writing the bundle")
        figures = built.figures.as_json()
        name = next_name()
        write_bundle(
            scratch / name,
            version=name,
            encoder_folder=folder,
            normalizer_version=NORMALIZER_VERSION,
            prototypes=built.prototypes,
            anchors=built.anchors,
            examples=built.examples,
            neighbor_weight=built.neighbor_weight,
            calibration=built.calibration,
            bounds=built.bounds,
            figures=figures,
            merchants_folder=scratch / "merchants",
            merchant_weight=built.merchant_weight,
            second=built.second,
            back_off=built.back_off,
            held_out=built.held_out,
        )
        manifest_digest = keep_folder(scratch / name, verified={encoder.digest})
    version = ModelVersion(
        name=name,
        encoder=encoder,
        head=settings.HEAD,
        normalizer_version=NORMALIZER_VERSION,
        manifest_digest=manifest_digest,
        input_digest=input_digest,
        input_read_at=input_read_at,
        accuracy=built.figures.accuracy,
        macro_f1=built.figures.macro_f1,
        calibration_error=built.figures.calibration_error,
        example_count=len(examples),
        category_count=len(categories),
        calibration=asdict(built.calibration),
        bounds=asdict(built.bounds),
        figures=figures,
        note=note,
        created_by=created_by,  # type: ignore[misc]
    )
    prototypes = [
        Prototype(
            version=version,
            category=row,
            vector=vector.astype("<f4").tobytes(),
            example_count=measured.examples,
            precision=measured.precision,
            recall=measured.recall,
        )
        for row, vector, measured in zip(
            rows, built.prototypes.vectors, built.figures.categories, strict=True
        )
    ]
    store_version(version, prototypes)
    compare_with_active(
        version,
        report=lambda share, message: report(0.95 + 0.05 * share, message),
        by=created_by,
    )
    draw_pictures(version, Report.of(built.examples, built.held_out, built.bounds))
    report(1.0, f"version {name}")
    return version, True


def is_whole(version: ModelVersion) -> bool:
    """Whether the version's files are there and are what was built. Raises UnavailableError where
    that cannot be said."""
    try:
        bundle_of(version)
    except UnavailableError:
        raise
    except BundleError:
        return False
    return True


def find_version(name: str) -> ModelVersion:
    """Raises InvalidItemError where no version has the name."""
    version = ModelVersion.objects.filter(name=name).first()
    if version is None:
        raise InvalidItemError("version", f"No version is called “{name}”.", "unknown")
    return version


def store_version(version: ModelVersion, prototypes: list[Prototype]) -> None:
    """Save the rows of a bundle that is kept. Where they are refused its files stay: they may be
    those of the build that was faster."""
    try:
        with transaction.atomic():
            version.save()
            Prototype.objects.bulk_create(prototypes)
    except IntegrityError as error:
        raise ConflictError(
            f"{version.name} is not kept: another build was faster, or a category was deleted "
            "meanwhile. Try again."
        ) from error


def next_name() -> str:
    """A name that no version has yet."""
    newest = ModelVersion.objects.order_by("-id").first()
    return f"v{newest.pk + 1 if newest else 1}"


def _anchor(category: Category) -> str:
    return anchor_text(category.name, category.description)


def _wording(
    canonical_texts: list[str], categories: list[Category], knowledge: MerchantKnowledge
) -> "Wording":
    from classifier.training.second_opinion import Wording

    names = [normalize(category.name) for category in categories]
    return Wording(canonical_texts, names, merchant_groups(canonical_texts, knowledge))


def _encode(
    encoder: Encoder, folder: Path, texts: list[str], report: Progress
) -> NDArray[np.float32]:
    """Unit vectors of canonical texts, (n, d); those that the last version holds are not
    encoded again."""
    vectors = _vectors_of_last_version(encoder)
    new = [text for text in dict.fromkeys(texts) if text not in vectors]
    if new:
        onnx = OnnxEncoder(folder, Threads(settings.ENGINE_THREADS, settings.ENGINE_SPINNING))
        for start in range(0, len(new), ENCODE_CHUNK):
            chunk = new[start : start + ENCODE_CHUNK]
            vectors.update(zip(chunk, onnx.encode(chunk), strict=True))
            done = start + len(chunk)
            report(0.9 * done / len(new), f"embedding new texts: {done} of {len(new)}")
    if not texts:
        return np.zeros((0, encoder.dimension), dtype=np.float32)
    return np.stack([vectors[text] for text in texts])


def _vectors_of_last_version(encoder: Encoder) -> dict[str, NDArray[np.float32]]:
    """By canonical text; none where the files of that version are not what was built."""
    made_alike = ModelVersion.objects.filter(encoder=encoder, normalizer_version=NORMALIZER_VERSION)
    last = made_alike.order_by("-id").first()
    if last is None:
        return {}
    try:
        examples = bundle_of(last, verified_encoder=encoder.digest).examples
    except BundleError:
        return {}
    return dict(zip(map(normalize, examples.texts), examples.text_vectors, strict=True))


def _input_digest(
    encoder: Encoder,
    categories: list[Category],
    examples: list[tuple[str, str, str]],
    merchants: KnownMerchants,
    precision_target: float | None,
) -> str:
    content = [
        FORMAT,
        encoder.digest,
        NORMALIZER_VERSION,
        MATCHER_VERSION,
        settings.HEAD,
        settings.ABSTAIN_BELOW,
        precision_target,
        settings.HOME_COUNTRY,
        merchants.digest,
        [[asdict(category_info(category)), category.description] for category in categories],
        examples,
    ]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()
