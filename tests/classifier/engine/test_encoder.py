"""Texts to vectors: what shares a call, on how many threads, and what the session asks for."""

import json
from dataclasses import replace
from pathlib import Path
from threading import current_thread

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper

from classifier.engine.encoder import MODEL_FILE, Encoder, EncoderCard, Threads
from classifier.exceptions import BundleError

TEXTS = ["coffee", "a shop for books", "train ticket", "coffee and cake", "rent", "a phone bill"]


class Watched(Encoder):
    """Notes the size of each call, and the thread that made it."""

    def __init__(self, folder: Path, threads: Threads) -> None:
        super().__init__(folder, threads)
        self.calls: list[tuple[int, str]] = []

    def run(
        self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        self.calls.append((len(input_ids), current_thread().name))
        return super().run(input_ids, attention_mask)


@pytest.fixture
def variant(exported_encoder: Path, tmp_path: Path) -> Path:
    """The real encoder, said to mix up the texts of a batch."""
    for path in exported_encoder.iterdir():
        (tmp_path / path.name).symlink_to(path)
    card = replace(EncoderCard.read(exported_encoder), batch_invariant=False)
    (tmp_path / "encoder.json").unlink()
    card.write(tmp_path)
    return tmp_path


def test_texts_of_one_length_share_a_call_where_that_keeps_their_bits(
    exported_encoder: Path,
) -> None:
    encoder = Watched(exported_encoder, Threads())
    encoder.encode(["coffee"] * 5)
    assert [size for size, _ in encoder.calls] == [5]


@pytest.mark.parametrize("count", [1, 2])
def test_texts_that_must_not_share_a_call_have_their_own(variant: Path, count: int) -> None:
    encoder = Watched(variant, Threads(count))
    encoder.encode(["coffee"] * 5)
    assert [size for size, _ in encoder.calls] == [1] * 5


def test_these_run_side_by_side_on_the_threads_that_there_are(variant: Path) -> None:
    alone, together = Watched(variant, Threads(1)), Watched(variant, Threads(2))
    assert (alone.encode(TEXTS) == together.encode(TEXTS)).all()
    main = current_thread().name
    assert {name for _, name in alone.calls} == {main}
    assert main not in {name for _, name in together.calls}


def test_one_text_needs_no_thread_of_its_own(variant: Path) -> None:
    encoder = Watched(variant, Threads(2))
    encoder.encode(["coffee"])
    assert encoder.calls == [(1, current_thread().name)]


def test_no_texts_make_no_vectors(exported_encoder: Path, variant: Path) -> None:
    for folder in (exported_encoder, variant):
        assert Encoder(folder, Threads(2)).encode([]).shape == (0, 384)


def write_encoder(folder: Path, tokenizer: Path, inputs: list[str]) -> Path:
    """A model whose vector is the sum of what it is given, for each input that it has."""
    values = [helper.make_tensor_value_info(name, TensorProto.INT64, ["b", "t"]) for name in inputs]
    nodes = [
        helper.make_node("Sum", [f"{name}_f" for name in inputs], ["summed"]),
        helper.make_node("ReduceSum", ["summed", "axis"], ["sentence_embedding"], keepdims=1),
    ]
    casts = [
        helper.make_node("Cast", [name], [f"{name}_f"], to=TensorProto.FLOAT) for name in inputs
    ]
    output = helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, ["b", 1])
    axis = helper.make_tensor("axis", TensorProto.INT64, [1], [1])
    graph = helper.make_graph([*casts, *nodes], "sum", values, [output], [axis])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, folder / MODEL_FILE)
    (folder / "tokenizer.json").symlink_to(tokenizer)
    card = EncoderCard("sum", "fp32", "0" * 64, 1, 128, batch_invariant=True)
    card.write(folder)
    return folder


def test_a_model_that_asks_for_segments_gets_zeros(exported_encoder: Path, tmp_path: Path) -> None:
    inputs = ["input_ids", "attention_mask", "token_type_ids"]
    encoder = Encoder(write_encoder(tmp_path, exported_encoder / "tokenizer.json", inputs))
    ids = encoder.tokenize(["coffee"])[0]
    assert encoder.embed([ids]).tolist() == [[sum(ids) + len(ids)]]


@pytest.mark.parametrize("inputs", [["input_ids"], ["input_ids", "attention_mask", "pixels"]])
def test_a_model_of_something_else_is_refused(
    inputs: list[str], exported_encoder: Path, tmp_path: Path
) -> None:
    folder = write_encoder(tmp_path, exported_encoder / "tokenizer.json", inputs)
    with pytest.raises(BundleError, match="which is no text encoder"):
        Encoder(folder)


def test_a_card_of_another_form_is_refused(variant: Path) -> None:
    (variant / "encoder.json").write_text(json.dumps({"name": "x"}))
    with pytest.raises(BundleError, match="is not an encoder card"):
        Encoder(variant)


def test_a_word_that_falls_to_pieces_is_unknown_to_the_vocabulary(exported_encoder: Path) -> None:
    texts = ["coffee shop london", "volthop escooter ride", ""]
    assert Encoder(exported_encoder).unknown_words(texts) == [(3, 0), (3, 2), (0, 0)]
