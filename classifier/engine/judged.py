"""What a bundle says of its own examples, read without the rest of it."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file

from classifier.engine.bundle import (
    CONFIG_FILE,
    EXAMPLE_TEXTS_FILE,
    EXAMPLES_FILE,
    HELD_OUT_FILE,
    read_categories,
)
from classifier.engine.decision import Bounds
from classifier.engine.held_out import HeldOut
from classifier.engine.manifest import FORMAT, MANIFEST_FILE, Manifest
from classifier.engine.types import CategoryInfo
from classifier.exceptions import BundleError


@dataclass(frozen=True)
class JudgedExamples:
    """Texts and labels (n,) int32, indexes into `categories`, as the version's ExampleSet has
    them, and row by row what the version says of them."""

    texts: tuple[str, ...]
    labels: NDArray[np.int32]
    categories: tuple[CategoryInfo, ...]
    held_out: HeldOut
    bounds: Bounds


def read_judged(folder: Path, manifest_digest: str) -> JudgedExamples | None:
    """Only the files that are needed are read, and held against the manifest.

    None where the version was built before this was kept. Raises BundleError naming the file that
    is missing, altered or of another shape.
    """
    try:
        listed = Manifest.read(folder / MANIFEST_FILE, manifest_digest).files
        if HELD_OUT_FILE not in listed:
            return None
        for name in (CONFIG_FILE, EXAMPLE_TEXTS_FILE, EXAMPLES_FILE, HELD_OUT_FILE):
            flaw = listed[name].flaw_of(folder / name)
            if flaw:
                raise BundleError(f"{folder / name} {flaw}.")
        judged = _read(folder)
    except OSError as error:
        raise BundleError(
            f"{error.filename or folder} cannot be read: {error.strerror or error}."
        ) from error
    except (AttributeError, KeyError, TypeError, ValueError, SafetensorError) as error:
        raise BundleError(f"{folder} is not a bundle of format {FORMAT}: {error!r}.") from error
    rows = (len(judged.texts),)
    if any(values.shape != rows for values in (judged.labels, *vars(judged.held_out).values())):
        raise BundleError(f"{folder}: what is said of the examples is not of {rows[0]} rows.")
    return judged


def _read(folder: Path) -> JudgedExamples:
    config = json.loads((folder / CONFIG_FILE).read_text("utf-8"))
    with safe_open(folder / EXAMPLES_FILE, framework="numpy") as examples:
        labels = examples.get_tensor("labels")
    return JudgedExamples(
        texts=tuple(json.loads((folder / EXAMPLE_TEXTS_FILE).read_text("utf-8"))),
        labels=labels,
        categories=read_categories(config),
        held_out=HeldOut(**load_file(folder / HELD_OUT_FILE)),
        bounds=Bounds(**config["bounds"]),
    )
