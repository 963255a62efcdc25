"""Graphs run while they are being made, before they are encoders."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray

from classifier.progress import Progress, silent

BATCH_TOKENS = 512
# Only errors: what is half made gives warnings that nobody can act on.
ERRORS_ONLY = 3


def open_session(model: onnx.ModelProto, threads: int = 1) -> Any:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = ERRORS_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def batches(
    token_ids: Sequence[Sequence[int]], *, alone: bool = False
) -> Iterator[tuple[list[int], NDArray[np.int64]]]:
    """Texts of one length together, or each `alone`: their places, and ids (texts, tokens)."""
    by_length: dict[int, list[int]] = {}
    for index, ids in enumerate(token_ids):
        by_length.setdefault(len(ids), []).append(index)
    for length, indexes in sorted(by_length.items()):
        step = 1 if alone else max(1, BATCH_TOKENS // length)
        for start in range(0, len(indexes), step):
            chosen = indexes[start : start + step]
            yield chosen, np.array([token_ids[index] for index in chosen], dtype=np.int64)


def run_all(
    session: Any,
    token_ids: Sequence[Sequence[int]],
    report: Progress = silent,
    *,
    alone: bool = False,
    more: Mapping[str, NDArray[np.float32]] | None = None,
) -> NDArray[np.float32]:
    """Unit vectors (n, d) of one text or more. `more` are further inputs."""
    found: list[tuple[list[int], NDArray[np.float32]]] = []
    done = 0
    for chosen, batch in batches(token_ids, alone=alone):
        inputs = {"input_ids": batch, "attention_mask": np.ones_like(batch), **(more or {})}
        found.append((chosen, session.run(None, inputs)[0]))
        done += len(chosen)
        report(done / len(token_ids), f"{done} of {len(token_ids)} texts")
    vectors = np.empty((len(token_ids), found[0][1].shape[1]), dtype=np.float32)
    for chosen, rows in found:
        vectors[chosen] = rows
    return vectors
