"""Take versions out as folders, and in."""

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from classifier.artifacts import bundle_of, category_ids, keep_folder, local_folder, scratch_folder
from classifier.engine.bundle import CONFIG_FILE, ENCODER_FOLDER, Bundle, read_bundle
from classifier.engine.cache import EmbeddingCache
from classifier.engine.encoder import CARD_FILE, MODEL_FILE, TOKENIZER_FILE
from classifier.engine.encoder import Encoder as OnnxEncoder
from classifier.engine.engine import Engine
from classifier.engine.kinds import HeadKind
from classifier.engine.manifest import MANIFEST_FILE, Manifest
from classifier.exceptions import BundleError, ConflictError
from classifier.models import Encoder, ModelVersion, Prototype
from classifier.services.versions import next_name, store_version

NOTE_LENGTH = 200


def export_bundle(version: ModelVersion, folder: Path) -> None:
    """Write a version to `folder`, which must not exist or be empty: whole, or not at all.

    `Engine.load(folder)` needs nothing else. Raises ConflictError where something is there,
    BundleError where the version's files are damaged or the folder cannot be written.
    """
    bundle = bundle_of(version)
    folder = folder.resolve()
    draft = folder.with_name(f".{folder.name}.{uuid4().hex}")
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ConflictError(f"{folder} is there already, and is no empty folder.")
        draft.mkdir()
        _copy_listed(bundle.folder, draft)
        read_bundle(draft, manifest_digest=version.manifest_digest)
        draft.rename(folder)
    except OSError as error:
        raise BundleError(f"{folder} cannot be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def import_bundle(folder: Path, *, by: AbstractBaseUser | None = None) -> tuple[ModelVersion, bool]:
    """Keep a bundle that was exported elsewhere, as a candidate under a name that is free here.

    Returns the version and whether it is new: where one has the same files it is returned, and
    its files are kept again where they were damaged. Raises BundleError naming the file that is
    missing or altered, the categories that are not here, or why this program cannot use it;
    ConflictError where its encoder contradicts the one that is here; UnavailableError where its
    files cannot be kept.
    """
    bundle = read_bundle(folder)
    # It must run here: with this program's normalizer, on this ONNX Runtime.
    Engine(bundle, OnnxEncoder(bundle.encoder_folder), EmbeddingCache(0)).warm()
    ids = category_ids(bundle)
    fields, prototypes = _measured(bundle, ids)
    _check_encoder(bundle)
    with scratch_folder() as scratch:
        draft = scratch / "bundle"
        _copy_listed(folder, draft)
        encoder_manifest = keep_folder(draft / ENCODER_FOLDER)
        manifest_digest = keep_folder(draft, verified={bundle.encoder.digest})
    known = ModelVersion.objects.filter(manifest_digest=manifest_digest).first()
    if known is not None:
        return known, False
    with transaction.atomic():
        version = ModelVersion(
            name=next_name(),
            encoder=_encoder_row(bundle, encoder_manifest),
            normalizer_version=bundle.normalizer_version,
            manifest_digest=manifest_digest,
            head=HeadKind.HYBRID if bundle.second else HeadKind.PROTOTYPE,
            input_read_at=timezone.now(),
            example_count=len(bundle.examples.texts),
            category_count=len(bundle.prototypes.categories),
            calibration=asdict(bundle.calibration),
            bounds=asdict(bundle.bounds),
            figures=bundle.figures,
            note=f"Imported from {folder.resolve().name}, where it was {bundle.version}."[
                :NOTE_LENGTH
            ],
            created_by=by,  # type: ignore[misc]
            **fields,
        )
        for prototype in prototypes:
            prototype.version = version
        store_version(version, prototypes)
    return version, True


def _measured(bundle: Bundle, ids: dict[str, int]) -> tuple[dict[str, float], list[Prototype]]:
    """What the build measured of the version, by field, and of each category. Raises BundleError
    where a figure is missing."""
    figures = bundle.figures
    try:
        fields = {
            name: float(figures[name]) for name in ("accuracy", "macro_f1", "calibration_error")
        }
        by_slug: dict[str, Any] = {entry["slug"]: entry for entry in figures["categories"]}
        prototypes = [
            Prototype(
                category_id=ids[category.slug],
                vector=vector.astype("<f4").tobytes(),
                example_count=int(by_slug[category.slug]["examples"]),
                precision=by_slug[category.slug]["precision"],
                recall=by_slug[category.slug]["recall"],
            )
            for category, vector in zip(
                bundle.prototypes.categories, bundle.prototypes.vectors, strict=True
            )
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(f"{bundle.folder / CONFIG_FILE} lacks figures: {error!r}.") from error
    return fields, prototypes


def _check_encoder(bundle: Bundle) -> None:
    """Raises ConflictError where an encoder here has the same model, and would yet give other
    vectors: a process holds one for all versions that have it. BundleError where it is of a kind
    that is not known."""
    card, folder = bundle.encoder, bundle.encoder_folder
    if card.precision not in Encoder.Precision.values:
        raise BundleError(f"{folder / CARD_FILE}: precision {card.precision!r} is not known here.")
    here = Encoder.objects.filter(digest=card.digest).first()
    if here is None or here.manifest_digest == _encoder_manifest(bundle).digest:
        return
    listed = Manifest.read(local_folder(here.manifest_digest) / MANIFEST_FILE).files
    if listed[TOKENIZER_FILE] != _encoder_manifest(bundle).files[TOKENIZER_FILE]:
        raise ConflictError(
            f"{folder / TOKENIZER_FILE} is not that of {here}, which has the same model."
        )
    if (card.dimension, card.max_tokens, card.batch_invariant) != (
        here.dimension,
        here.max_tokens,
        here.batch_invariant,
    ):
        raise ConflictError(f"{folder / CARD_FILE} contradicts {here}, which has the same model.")


def _encoder_manifest(bundle: Bundle) -> Manifest:
    """The manifest of the encoder's folder by itself."""
    prefix = f"{ENCODER_FOLDER}/"
    listed = Manifest.read(bundle.folder / MANIFEST_FILE).files
    return Manifest.listing(
        {
            name.removeprefix(prefix): entry
            for name, entry in listed.items()
            if name.startswith(prefix)
        }
    )


def _encoder_row(bundle: Bundle, manifest_digest: str) -> Encoder:
    card = bundle.encoder
    row, _ = Encoder.objects.get_or_create(
        digest=card.digest,
        defaults={
            "name": card.name,
            "precision": card.precision,
            "manifest_digest": manifest_digest,
            "size_bytes": _encoder_manifest(bundle).files[MODEL_FILE].size,
            "dimension": card.dimension,
            "max_tokens": card.max_tokens,
            "batch_invariant": card.batch_invariant,
        },
    )
    return row


def _copy_listed(folder: Path, target: Path) -> None:
    """Copy a manifest and the files that it lists; not by links, for either may be edited."""
    for name in (*Manifest.read(folder / MANIFEST_FILE).files, MANIFEST_FILE):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / name, target / name)
