"""Texts to unit vectors, with ONNX Runtime."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state
from tokenizers import Tokenizer

from classifier.exceptions import BundleError, EngineError

MODEL_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"
CARD_FILE = "encoder.json"

# Tokens in one call of the session: enough to fill the matrix kernels, and the activations
# stay within a few dozen megabytes.
MAX_BATCH_TOKENS = 2048

# So many pieces of one word are letters rather than parts that mean something.
UNKNOWN_PIECES = 3
UNKNOWN = {"[UNK]", "<unk>"}

WARM_LENGTHS = (4, 12, 32, 512)
# Which of two texts a token is of; there is one.
SEGMENTS_INPUT = "token_type_ids"

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
    """How an encoder uses the CPU: `intra_op` cores at most. Spinning burns one between calls."""

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
        self.threads = threads = threads or Threads()
        # Texts that must not share a call keep the cores busy by calls side by side.
        self._parallel_calls = 1 if self.card.batch_invariant else threads.intra_op
        for name in (MODEL_FILE, TOKENIZER_FILE):
            if not (folder / name).is_file():
                raise BundleError(f"{folder / name} is missing.")
        self._tokenizer = _read_tokenizer(folder / TOKENIZER_FILE, self.card.max_tokens)
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads.intra_op // self._parallel_calls
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
        self._inputs = _read_inputs(folder / MODEL_FILE, self._session)

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text, cut at `card.max_tokens`."""
        return [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]

    def unknown_words(self, texts: Sequence[str]) -> list[tuple[int, int]]:
        """Of each text its words, and those that the vocabulary does not know.

        A word-piece vocabulary has each letter, so that hardly a word is [UNK]: what it does not
        know falls into UNKNOWN_PIECES pieces or more.
        """
        counts = []
        for encoding in self._tokenizer.encode_batch(list(texts)):
            pieces = Counter(word for word in encoding.word_ids if word is not None)
            unknown = {
                word
                for word, token in zip(encoding.word_ids, encoding.tokens, strict=True)
                if word is not None and (token in UNKNOWN or pieces[word] >= UNKNOWN_PIECES)
            }
            counts.append((len(pieces), len(unknown)))
        return counts

    def embed(self, token_ids: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Unit vectors, shape (n, dimension), in the order given.

        Each row's bits depend on that row alone: texts share a call only with texts of the
        same length, so nothing is padded, and only where the encoder was measured to keep
        the bits in such a batch.
        """
        vectors = np.empty((len(token_ids), self.card.dimension), dtype=np.float32)
        calls = self._calls(token_ids)
        if self._parallel_calls == 1 or len(calls) == 1:
            for chosen, batch in calls:
                vectors[chosen] = self.run(batch, np.ones_like(batch))
            return vectors
        with ThreadPoolExecutor(self._parallel_calls) as pool:
            found = pool.map(lambda call: self.run(call[1], np.ones_like(call[1])), calls)
            for (chosen, _), rows in zip(calls, found, strict=True):
                vectors[chosen] = rows
        return vectors

    def _calls(
        self, token_ids: Sequence[Sequence[int]]
    ) -> list[tuple[list[int], NDArray[np.int64]]]:
        """What to run together: places in `token_ids`, and the batch (texts, tokens)."""
        by_length: dict[int, list[int]] = defaultdict(list)
        for index, ids in enumerate(token_ids):
            by_length[len(ids)].append(index)
        calls = []
        for length, indexes in by_length.items():
            step = max(1, MAX_BATCH_TOKENS // length) if self.card.batch_invariant else 1
            for start in range(0, len(indexes), step):
                chosen = indexes[start : start + step]
                batch = np.array([token_ids[index] for index in chosen], dtype=np.int64)
                calls.append((chosen, batch))
        return calls

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of texts, shape (n, dimension)."""
        return self.embed(self.tokenize(texts))

    def run(
        self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """One call of the session: (batch, tokens) twice to (batch, dimension).

        Raises EngineError where the model cannot be run on it.
        """
        values = {"input_ids": input_ids, "attention_mask": attention_mask}
        if SEGMENTS_INPUT in self._inputs:
            values[SEGMENTS_INPUT] = np.zeros_like(input_ids)
        try:
            output: NDArray[np.float32] = self._session.run(None, values)[0]
        except _ONNX_ERRORS as error:
            raise EngineError(f"Encoder {self.card.name} cannot be run: {error}") from error
        return output

    def warm(self) -> float:
        """Run texts of several lengths once, so that the first request pays for no allocation.

        Returns the wall time in milliseconds. Raises BundleError where the model cannot be run.
        """
        started = perf_counter()
        try:
            for length in sorted({min(n, self.card.max_tokens) for n in WARM_LENGTHS}):
                # The one token that every vocabulary has.
                ids = np.zeros((1, length), dtype=np.int64)
                self.run(ids, np.ones_like(ids))
        except EngineError as error:
            raise BundleError(str(error)) from error
        return (perf_counter() - started) * 1000


def _read_inputs(path: Path, session: Any) -> frozenset[str]:
    names = frozenset(value.name for value in session.get_inputs())
    if (
        not {"input_ids", "attention_mask"}
        <= names
        <= {"input_ids", "attention_mask", SEGMENTS_INPUT}
    ):
        raise BundleError(f"{path} takes {', '.join(sorted(names))}, which is no text encoder.")
    return names


def _read_tokenizer(path: Path, max_tokens: int) -> Tokenizer:
    try:
        # `from_file` raises bare Exception for what is a ValueError here.
        tokenizer = Tokenizer.from_buffer(path.read_bytes())
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_tokens)
    except (OSError, OverflowError, TypeError, ValueError) as error:
        raise BundleError(f"{path} is not a usable tokenizer: {error}") from error
    return tokenizer
