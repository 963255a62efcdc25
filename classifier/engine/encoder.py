"""Texts to unit vectors, with ONNX Runtime."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state
from tokenizers import Tokenizer

from classifier.exceptions import BundleError

MODEL_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"
CARD_FILE = "encoder.json"

# Tokens in one call of the session: enough to fill the matrix kernels, and the activations
# stay within a few dozen megabytes.
MAX_BATCH_TOKENS = 2048

# ONNX Runtime has an exception class for each status code and no base for them.
_ONNX_ERRORS: tuple[type[Exception], ...] = (
    OSError,
    RuntimeError,
    ValueError,
    *(
        member
        for member in vars(onnxruntime_pybind11_state).values()
        if isinstance(member, type) and issubclass(member, Exception)
    ),
)


@dataclass(frozen=True, slots=True)
class EncoderCard:
    """What an encoder folder says of itself (`encoder.json`).

    `digest` is the SHA-256 of the ONNX file. `batch_invariant` is measured at export: whether
    a text gets the same bits alone and among other texts of its length.
    """

    name: str
    precision: str
    digest: str
    dimension: int
    max_tokens: int
    batch_invariant: bool

    def write(self, folder: Path) -> None:
        (folder / CARD_FILE).write_text(json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def read(cls, folder: Path) -> "EncoderCard":
        path = folder / CARD_FILE
        try:
            return cls(**json.loads(path.read_text()))
        except FileNotFoundError as error:
            raise BundleError(f"{path} is missing.") from error
        except OSError as error:
            raise BundleError(f"{path} cannot be read: {error.strerror}.") from error
        except (ValueError, TypeError) as error:
            raise BundleError(f"{path} is not an encoder card: {error}.") from error


@dataclass(frozen=True, slots=True)
class Threads:
    """How ONNX Runtime uses the CPU. Spinning burns a core between calls."""

    intra_op: int = 1
    spinning: bool = False


class Encoder:
    """One ONNX session and its tokenizer.

    Must be made in the process that uses it: a session carried across a fork hangs or crashes.
    Safe under threads.
    """

    def __init__(self, folder: Path, threads: Threads | None = None) -> None:
        """Load the folder's model. Raises BundleError where it is not an encoder."""
        self.card = EncoderCard.read(folder)
        threads = threads or Threads()
        for name in (MODEL_FILE, TOKENIZER_FILE):
            if not (folder / name).is_file():
                raise BundleError(f"{folder / name} is missing.")
        self._tokenizer = _read_tokenizer(folder / TOKENIZER_FILE, self.card.max_tokens)
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads.intra_op
        options.inter_op_num_threads = 1
        options.add_session_config_entry(
            "session.intra_op.allow_spinning", "1" if threads.spinning else "0"
        )
        try:
            self._session: Any = ort.InferenceSession(
                str(folder / MODEL_FILE), options, providers=["CPUExecutionProvider"]
            )
        except _ONNX_ERRORS as error:
            raise BundleError(f"{folder / MODEL_FILE} is not a usable model: {error}") from error

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text, cut at `card.max_tokens`."""
        return [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]

    def embed(self, token_ids: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Unit vectors, shape (n, dimension), in the order given.

        Each row's bits depend on that row alone: texts share a call only with texts of the
        same length, so nothing is padded, and only where the encoder was measured to keep
        the bits in such a batch.
        """
        vectors = np.empty((len(token_ids), self.card.dimension), dtype=np.float32)
        by_length: dict[int, list[int]] = defaultdict(list)
        for index, ids in enumerate(token_ids):
            by_length[len(ids)].append(index)
        for length, indexes in by_length.items():
            step = max(1, MAX_BATCH_TOKENS // length) if self.card.batch_invariant else 1
            for start in range(0, len(indexes), step):
                chosen = indexes[start : start + step]
                batch = np.array([token_ids[index] for index in chosen], dtype=np.int64)
                vectors[chosen] = self.run(batch, np.ones_like(batch))
        return vectors

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of texts, shape (n, dimension)."""
        return self.embed(self.tokenize(texts))

    def run(
        self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """One call of the session: (batch, tokens) twice to (batch, dimension)."""
        output: NDArray[np.float32] = self._session.run(
            None, {"input_ids": input_ids, "attention_mask": attention_mask}
        )[0]
        return output

    def warm(self) -> float:
        """Run texts of several lengths once, so that the first request pays for no allocation.

        Returns the wall time in milliseconds. Raises BundleError where the model cannot be run.
        """
        started = perf_counter()
        try:
            for length in (4, 12, 32, self.card.max_tokens):
                ids = np.full((1, length), 100, dtype=np.int64)
                self.run(ids, np.ones_like(ids))
        except _ONNX_ERRORS as error:
            raise BundleError(f"Encoder {self.card.name} cannot be run: {error}") from error
        return (perf_counter() - started) * 1000


def _read_tokenizer(path: Path, max_tokens: int) -> Tokenizer:
    try:
        # `from_file` raises bare Exception for what is a ValueError here.
        tokenizer = Tokenizer.from_buffer(path.read_bytes())
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_tokens)
    except (OSError, OverflowError, TypeError, ValueError) as error:
        raise BundleError(f"{path} is not a usable tokenizer: {error}") from error
    return tokenizer
