"""One encoder in a process of its own: `python -m classifier.export.contender FOLDER`.

It says how long it took to load, then answers requests, a line of JSON each:
{"do": "time", "texts": […], "batch": 1}        milliseconds of each call, in order
{"do": "drive", "texts": […], "batch": 1, "seconds": 1}   the same over and over, for so long
{"do": "digest", "texts": […]}                  SHA-256 of the vectors' bytes
{"do": "memory"}                                the most memory it ever held, in bytes
"""

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.engine.encoder import Encoder, Threads
from classifier.exceptions import ClassifierError

ONNX = "onnx"
TORCH = "torch"
STATUS = Path("/proc/self/status")

Encode = Callable[[Sequence[str]], NDArray[np.float32]]


def main() -> None:
    arguments = read_arguments()
    # What libraries print must not come between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        load_ms, encode = load(arguments)
    except ClassifierError as error:
        say(answers, {"error": str(error)})
        return
    say(answers, {"load_ms": load_ms})
    for line in sys.stdin:
        say(answers, answer(encode, json.loads(line)))


def load(arguments: argparse.Namespace) -> tuple[float, Encode]:
    """Milliseconds until the first vectors are there, imports not counted; and the encoder."""
    make = torch_encode(arguments) if arguments.engine == TORCH else onnx_encode(arguments)
    started = perf_counter()
    encode = make()
    encode(["a", "a longer text of some words more"])
    return (perf_counter() - started) * 1000, encode


def onnx_encode(arguments: argparse.Namespace) -> Callable[[], Encode]:
    threads = Threads(arguments.threads, arguments.spinning)
    return lambda: Encoder(arguments.folder, threads).encode


def torch_encode(arguments: argparse.Namespace) -> Callable[[], Encode]:
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]
    torch.set_num_threads(arguments.threads)

    def make() -> Encode:
        model = SentenceTransformer(str(arguments.folder), device="cpu").eval()
        if arguments.max_tokens:
            model.max_seq_length = arguments.max_tokens

        def encode(texts: Sequence[str]) -> NDArray[np.float32]:
            vectors: NDArray[np.float32] = model.encode(
                list(texts),
                batch_size=len(texts),
                normalize_embeddings=True,
                show_progress_bar=False,
            )
            return vectors

        return encode

    return make


def answer(encode: Encode, request: Mapping[str, Any]) -> Mapping[str, Any]:
    if request["do"] == "memory":
        return {"peak_bytes": peak_bytes()}
    texts = request["texts"]
    if request["do"] == "digest":
        return {"digest": vectors_digest(encode(texts))}
    batch = request["batch"]
    calls = [texts[start : start + batch] for start in range(0, len(texts), batch)]
    if request["do"] == "time":
        return {"milliseconds": [time(encode, call) for call in calls]}
    ends = perf_counter() + request["seconds"]
    milliseconds: list[float] = []
    done = 0
    while perf_counter() < ends:
        call = calls[len(milliseconds) % len(calls)]
        milliseconds.append(time(encode, call))
        done += len(call)
    return {"milliseconds": milliseconds, "texts": done}


def vectors_digest(vectors: NDArray[np.float32]) -> str:
    return hashlib.sha256(vectors.tobytes()).hexdigest()


def time(encode: Encode, texts: Sequence[str]) -> float:
    started = perf_counter()
    encode(texts)
    return (perf_counter() - started) * 1000


def peak_bytes() -> int | None:
    """VmHWM, and not ru_maxrss, which a child begins with what its parent had; None where the
    system has no such file."""
    if not STATUS.is_file():
        return None
    fields = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
    return int(fields["VmHWM"].split()[0]) * 1024


def say(answers: Any, value: Mapping[str, Any]) -> None:
    answers.write(json.dumps(value) + "\n")
    answers.flush()


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--engine", choices=[ONNX, TORCH], default=ONNX)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--spinning", action="store_true")
    parser.add_argument("--max-tokens", type=int)
    return parser.parse_args()


if __name__ == "__main__":
    main()
