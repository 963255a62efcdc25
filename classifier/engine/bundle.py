"""A version as files: read, checked, written. No pickle.

manifest.json          each file's SHA-256 and size; see `manifest`
config.json            version, categories, weights, calibration, bounds, build figures
prototypes.safetensors prototypes and anchors (c, d) float32; an anchor is the vector of a
                       category's own name and description
examples.safetensors   vectors and text_vectors (n, d) float32, labels (n,) int32, ascending
examples.json          texts
encoder/               model.onnx, tokenizer.json, encoder.json
held_out.safetensors   predicted (n,) int32, confidences (n,) float64, is_answered (n,) bool; not in
                       every version
linear.safetensors     vector_weights (d, c), ngram_weights (b, c), idf (b,), intercepts (c,), all
                       float32; not in every version
merchants/             merchant knowledge, see `merchants.knowledge`; not in every version
"""

import json
import os
import shutil
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from classifier.engine.back_off import BackOff
from classifier.engine.calibration import Calibration
from classifier.engine.decision import Bounds
from classifier.engine.encoder import CARD_FILE, MODEL_FILE, TOKENIZER_FILE, EncoderCard
from classifier.engine.held_out import HeldOut
from classifier.engine.linear import LinearClassifier, SecondOpinion
from classifier.engine.manifest import FORMAT, MANIFEST_FILE, Manifest
from classifier.engine.manifest import file_digest as file_digest
from classifier.engine.merchants.knowledge import KNOWLEDGE_FILE, MerchantKnowledge, read_knowledge
from classifier.engine.ngrams import BUCKETS, NGRAMS_VERSION
from classifier.engine.prototypes import ExampleSet, PrototypeSet
from classifier.engine.types import CategoryInfo, Direction
from classifier.exceptions import BundleError

CONFIG_FILE = "config.json"
PROTOTYPES_FILE = "prototypes.safetensors"
HELD_OUT_FILE = "held_out.safetensors"
LINEAR_FILE = "linear.safetensors"
EXAMPLES_FILE = "examples.safetensors"
EXAMPLE_TEXTS_FILE = "examples.json"
ENCODER_FOLDER = "encoder"
MERCHANTS_FOLDER = "merchants"
REQUIRED_FILES = (
    CONFIG_FILE,
    PROTOTYPES_FILE,
    EXAMPLES_FILE,
    EXAMPLE_TEXTS_FILE,
    f"{ENCODER_FOLDER}/{MODEL_FILE}",
    f"{ENCODER_FOLDER}/{TOKENIZER_FILE}",
    f"{ENCODER_FOLDER}/{CARD_FILE}",
)


@dataclass(frozen=True)
class Bundle:
    """A version, read and checked. `figures` are the build's measurements, as written."""

    version: str
    folder: Path
    encoder: EncoderCard
    normalizer_version: int
    prototypes: PrototypeSet
    anchors: NDArray[np.float32]
    examples: ExampleSet
    neighbor_weight: float
    calibration: Calibration
    bounds: Bounds
    figures: Mapping[str, Any]
    merchants: MerchantKnowledge | None
    second: SecondOpinion | None
    back_off: BackOff | None
    held_out: HeldOut | None

    @property
    def encoder_folder(self) -> Path:
        return self.folder / ENCODER_FOLDER


def write_bundle(
    folder: Path,
    *,
    version: str,
    encoder_folder: Path,
    normalizer_version: int,
    prototypes: PrototypeSet,
    anchors: NDArray[np.float32],
    examples: ExampleSet,
    neighbor_weight: float,
    calibration: Calibration,
    bounds: Bounds,
    figures: Mapping[str, Any],
    merchants_folder: Path | None = None,
    merchant_weight: float = 0.0,
    second: SecondOpinion | None = None,
    back_off: BackOff | None = None,
    held_out: HeldOut | None = None,
) -> str:
    """Write a bundle at `folder`, which must not exist. Returns the manifest's SHA-256.

    Everything is written aside and renamed at the end: a bundle is whole or not there. The
    encoder's files are hard links where the file system allows, so that a version costs its
    prototypes and not another copy of the model. Raises BundleError where it cannot be written.
    """
    draft = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        (draft / ENCODER_FOLDER).mkdir(parents=True)
        _link_all(encoder_folder, draft / ENCODER_FOLDER)
        if merchants_folder is not None:
            (draft / MERCHANTS_FOLDER).mkdir()
            _link_all(merchants_folder, draft / MERCHANTS_FOLDER)
        save_file({"prototypes": prototypes.vectors, "anchors": anchors}, draft / PROTOTYPES_FILE)
        save_file(
            {
                "vectors": examples.vectors,
                "text_vectors": examples.text_vectors,
                "labels": examples.labels,
            },
            draft / EXAMPLES_FILE,
        )
        if second is not None:
            save_file(vars(second.linear), draft / LINEAR_FILE)
        if held_out is not None:
            save_file(vars(held_out), draft / HELD_OUT_FILE)
        _write_json(draft / EXAMPLE_TEXTS_FILE, list(examples.texts))
        _write_json(
            draft / CONFIG_FILE,
            {
                "version": version,
                "normalizer_version": normalizer_version,
                "categories": [asdict(category) for category in prototypes.categories],
                "neighbor_weight": neighbor_weight,
                "merchant_weight": merchant_weight,
                "second_opinion": second
                and {
                    "weight": second.weight,
                    "sharpness": second.sharpness,
                    "ngrams_version": NGRAMS_VERSION,
                },
                "calibration": asdict(calibration),
                "bounds": asdict(bounds),
                "back_off": back_off and asdict(back_off),
                "figures": figures,
            },
        )
        manifest = Manifest.of(draft)
        manifest.write(draft)
        draft.rename(folder)
    except (OSError, SafetensorError) as error:
        raise BundleError(f"{folder} cannot be written: {error}.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return manifest.digest


def read_bundle(
    folder: Path, *, manifest_digest: str | None = None, verified_encoder: str | None = None
) -> Bundle:
    """Read a bundle and check every file against the manifest.

    The manifest's own SHA-256 must be `manifest_digest`, where that is given. An encoder whose
    digest is `verified_encoder` is in memory already and is not hashed again. Raises BundleError
    naming the file that is missing, altered or of another shape.
    """
    try:
        manifest = Manifest.read(folder / MANIFEST_FILE, manifest_digest)
        for name in REQUIRED_FILES:
            if name not in manifest.files:
                raise BundleError(f"{folder / MANIFEST_FILE} does not list {name}.")
        manifest.check(folder, verified=(verified_encoder,) if verified_encoder else ())
        bundle = _read_files(folder, manifest.files.keys())
        _check_shapes(bundle)
    except FileNotFoundError as error:
        raise BundleError(f"{error.filename or folder} is missing.") from error
    except OSError as error:
        raise BundleError(
            f"{error.filename or folder} cannot be read: {error.strerror or error}."
        ) from error
    except (AttributeError, KeyError, TypeError, ValueError, SafetensorError) as error:
        raise BundleError(f"{folder} is not a bundle of format {FORMAT}: {error!r}.") from error
    return bundle


def _read_files(folder: Path, listed: Collection[str]) -> Bundle:
    config = _read_json(folder / CONFIG_FILE)
    categories = read_categories(config)
    prototypes = load_file(folder / PROTOTYPES_FILE)
    examples = load_file(folder / EXAMPLES_FILE)
    texts = tuple(_read_json(folder / EXAMPLE_TEXTS_FILE))
    return Bundle(
        version=str(config["version"]),
        folder=folder,
        encoder=EncoderCard.read(folder / ENCODER_FOLDER),
        normalizer_version=config["normalizer_version"],
        prototypes=PrototypeSet(categories, prototypes["prototypes"]),
        anchors=prototypes["anchors"],
        examples=ExampleSet(
            texts, examples["labels"], examples["vectors"], examples["text_vectors"], categories
        ),
        neighbor_weight=float(config["neighbor_weight"]),
        calibration=Calibration(**config["calibration"]),
        bounds=Bounds(**config["bounds"]),
        figures=config["figures"],
        merchants=(
            read_knowledge(folder / MERCHANTS_FOLDER, float(config["merchant_weight"]))
            if f"{MERCHANTS_FOLDER}/{KNOWLEDGE_FILE}" in listed
            else None
        ),
        second=(_read_second(folder, config["second_opinion"]) if LINEAR_FILE in listed else None),
        back_off=_read_back_off(config["back_off"]),
        held_out=(
            HeldOut(**load_file(folder / HELD_OUT_FILE)) if HELD_OUT_FILE in listed else None
        ),
    )


def read_categories(config: Mapping[str, Any]) -> tuple[CategoryInfo, ...]:
    """Those that `config.json` lists. Raises KeyError, TypeError, ValueError for another shape."""
    return tuple(
        CategoryInfo(**{**entry, "direction": Direction(entry["direction"])})
        for entry in config["categories"]
    )


def _read_back_off(said: Mapping[str, Any] | None) -> BackOff | None:
    if said is None:
        return None
    return BackOff(Calibration(**said["calibration"]), said["high"], said["medium"])


def _read_second(folder: Path, said: Mapping[str, Any]) -> SecondOpinion:
    if said["ngrams_version"] != NGRAMS_VERSION:
        raise BundleError(
            f"{folder} was built with n-grams {said['ngrams_version']}; this program has "
            f"{NGRAMS_VERSION}. Build a new version."
        )
    linear = LinearClassifier(**load_file(folder / LINEAR_FILE))
    return SecondOpinion(linear, float(said["weight"]), float(said["sharpness"]))


def _check_shapes(bundle: Bundle) -> None:
    count, dimension = len(bundle.prototypes.categories), bundle.encoder.dimension
    shapes: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
        "prototypes": (bundle.prototypes.vectors.shape, (count, dimension)),
        "anchors": (bundle.anchors.shape, (count, dimension)),
        "examples": (bundle.examples.vectors.shape, (len(bundle.examples.texts), dimension)),
        "text vectors": (
            bundle.examples.text_vectors.shape,
            (len(bundle.examples.texts), dimension),
        ),
        "labels": (bundle.examples.labels.shape, (len(bundle.examples.texts),)),
    }
    if bundle.second is not None:
        linear = bundle.second.linear
        shapes |= {
            "vector weights": (linear.vector_weights.shape, (dimension, count)),
            "n-gram weights": (linear.ngram_weights.shape, (BUCKETS, count)),
            "idf": (linear.idf.shape, (BUCKETS,)),
            "intercepts": (linear.intercepts.shape, (count,)),
        }
    if bundle.held_out is not None:
        rows = (len(bundle.examples.texts),)
        shapes |= {
            f"{name} of the examples": (values.shape, rows)
            for name, values in vars(bundle.held_out).items()
        }
    for name, (found, expected) in shapes.items():
        if found != expected:
            raise BundleError(f"{bundle.folder}: {name} have shape {found}, not {expected}.")
    if bundle.held_out is not None and not np.isin(bundle.held_out.predicted, range(count)).all():
        raise BundleError(f"{bundle.folder}: examples are predicted as no category of it.")
    if bundle.merchants is not None and bundle.merchants.vectors.shape[1:] != (dimension,):
        raise BundleError(f"{bundle.folder}: the kinds of merchants have no {dimension} columns.")
    if not np.isfinite(bundle.prototypes.vectors).all():
        raise BundleError(f"{bundle.folder}: prototypes are not finite.")
    labels = bundle.examples.labels
    if not np.array_equal(np.unique(labels), np.arange(count)) or (np.diff(labels) < 0).any():
        raise BundleError(f"{bundle.folder}: examples are not in the order of the categories.")


def _link_all(source: Path, target: Path) -> None:
    for path in sorted(source.iterdir()):
        if path.name != MANIFEST_FILE:
            link_or_copy(path, target / path.name)


def link_or_copy(source: Path, target: Path) -> None:
    """A hard link, or a copy where the file system has none or is another."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _read_json(path: Path) -> Any:
    return _parse_json(path, path.read_bytes())


def _parse_json(path: Path, content: bytes) -> Any:
    try:
        return json.loads(content.decode("utf-8"))
    except ValueError as error:
        raise BundleError(f"{path} is not JSON: {error}.") from error
