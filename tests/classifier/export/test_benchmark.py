"""Contenders in processes of their own, measured in turns."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from classifier.engine.kinds import Kind
from classifier.engine.machine import this_machine
from classifier.exceptions import EncoderError
from classifier.export.benchmark import Benchmark, Contender, Settings, benchmark
from classifier.export.child import CONTENDER, Child
from classifier.export.contender import TORCH
from classifier.export.pipeline import DerivedEncoder, ExportedEncoder
from classifier.export.sample import Sample
from tests.tiny import MAX_TOKENS

SHORT = Settings(rounds=2, singles=10, batches=1)


@pytest.fixture(scope="module")
def contenders(
    tiny: ExportedEncoder, derived: dict[Kind, DerivedEncoder], tiny_model: Path
) -> list[Contender]:
    return [
        Contender("fp32", tiny.folder),
        Contender("dynamic", derived[Kind.INT8_DYNAMIC].folder),
        Contender("torch", tiny_model, TORCH, MAX_TOKENS),
    ]


@pytest.fixture(scope="module")
def measured(contenders: list[Contender], sample: Sample) -> Benchmark:
    return benchmark(contenders, sample.texts, settings=SHORT, fp32="fp32", torch="torch")


@pytest.fixture
def child(tiny: ExportedEncoder) -> Iterator[Child]:
    with Child(CONTENDER, [str(tiny.folder)]) as started:
        started.receive()
        yield started


def test_every_contender_has_its_figures(measured: Benchmark) -> None:
    assert [figures.name for figures in measured.figures] == ["fp32", "dynamic", "torch"]
    for figures in measured.figures:
        assert 0 < figures.p50_ms <= figures.p95_ms <= figures.p99_ms
        assert figures.texts_per_second > 0
        assert figures.load_ms > 0
        assert figures.size_bytes > 10_000
        assert figures.peak_bytes
        assert figures.peak_bytes > 20_000_000


def test_torch_takes_more_memory_than_the_engine(measured: Benchmark) -> None:
    engine, torch = measured.of("fp32").peak_bytes, measured.of("torch").peak_bytes
    assert engine
    assert torch
    assert torch > 1.5 * engine


def test_a_contender_is_exactly_as_quick_as_itself(measured: Benchmark) -> None:
    assert measured.of("fp32").over_fp32 == 1
    assert measured.of("torch").over_torch == 1


def test_without_torch_there_is_no_ratio_to_it(contenders: list[Contender], sample: Sample) -> None:
    found = benchmark(contenders[:1], sample.texts, settings=SHORT, fp32="fp32")
    assert found.of("fp32").over_torch is None


def test_the_machine_stands_beside_the_figures(measured: Benchmark) -> None:
    machine = measured.as_json()["machine"]
    assert machine == this_machine().as_json()
    assert measured.as_json()["settings"]["threads"] == 1


def test_too_few_texts_are_refused(contenders: list[Contender], sample: Sample) -> None:
    with pytest.raises(EncoderError, match="31 texts are too few for a round; 32 are needed"):
        benchmark(contenders, sample.texts[:31], settings=SHORT)


def test_two_contenders_of_one_name_are_refused(
    contenders: list[Contender], sample: Sample
) -> None:
    with pytest.raises(EncoderError, match="one name"):
        benchmark([contenders[0], contenders[0]], sample.texts, settings=SHORT)


def test_a_folder_that_is_no_encoder_ends_it_with_its_own_message(
    tiny: ExportedEncoder, sample: Sample, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny.folder, tmp_path / "broken"))
    (folder / "tokenizer.json").unlink()
    with pytest.raises(EncoderError, match=r"tokenizer\.json is missing"):
        benchmark([Contender("broken", folder)], sample.texts, settings=SHORT)


def test_cancelling_ends_it(contenders: list[Contender], sample: Sample) -> None:
    def stop(share: float, message: str) -> None:
        if message.startswith("round 2"):
            raise InterruptedError(message)

    with pytest.raises(InterruptedError, match="round 2: fp32"):
        benchmark(contenders[:2], sample.texts, stop, SHORT)


def test_a_child_that_dies_is_reported_with_its_last_words(child: Child) -> None:
    child.send({"do": "digest"})
    with pytest.raises(EncoderError, match=r"(?s)ended with code 1: .*KeyError: 'texts'"):
        child.receive()


def test_waiting_for_a_child_can_be_broken_off(child: Child, sample: Sample) -> None:
    started = time.monotonic()

    def stop() -> None:
        raise InterruptedError

    texts = list(sample.texts[:10])
    with pytest.raises(InterruptedError):
        child.ask({"do": "drive", "texts": texts, "batch": 1, "seconds": 60}, stop)
    assert time.monotonic() - started < 30


def test_processes_agree_on_the_bits(child: Child, tiny: ExportedEncoder) -> None:
    request = {"do": "digest", "texts": ["coffee", "a shop for books"]}
    first = child.ask(request)
    with Child(CONTENDER, [str(tiny.folder), "--threads", "2"]) as other:
        other.receive()
        assert other.ask(request) == first
