"""Quicker kinds made from an FP32 encoder: whole folders with a recipe, or nothing."""

import errno
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from classifier.engine.bundle import file_digest
from classifier.engine.encoder import Encoder, EncoderCard
from classifier.engine.kinds import DERIVED_KINDS, Kind
from classifier.exceptions import EncoderError
from classifier.export import pipeline
from classifier.export.drafts import draft_folder, full_disk_named, sweep_drafts
from classifier.export.pipeline import DerivedEncoder, ExportedEncoder, derive_encoder
from classifier.export.recipe import Recipe
from classifier.export.sample import Sample
from classifier.export.selection import AIM, NO_BOUND
from classifier.progress import Progress

QUANTIZED = [kind for kind in DERIVED_KINDS if kind.is_quantized]


class StoppedError(Exception):
    """What a cancelled job raises from its progress."""


def visible(artifacts: Path) -> set[str]:
    return {str(path.relative_to(artifacts)) for path in artifacts.rglob("*")}


@pytest.fixture(params=DERIVED_KINDS)
def made(request: pytest.FixtureRequest, derived: dict[Kind, DerivedEncoder]) -> DerivedEncoder:
    return derived[request.param]


def test_the_folder_is_an_encoder_of_its_kind(made: DerivedEncoder, tiny: ExportedEncoder) -> None:
    card = EncoderCard.read(made.folder)
    assert card == made.card
    assert card.precision == made.recipe.kind
    assert card.digest == file_digest(made.folder / "model.onnx") != tiny.card.digest
    assert (card.dimension, card.max_tokens) == (tiny.card.dimension, tiny.card.max_tokens)
    assert file_digest(made.folder / "tokenizer.json") == file_digest(
        tiny.folder / "tokenizer.json"
    )


def test_the_recipe_is_kept_beside_it(made: DerivedEncoder, tiny: ExportedEncoder) -> None:
    assert Recipe.read(made.folder) == made.recipe
    assert made.recipe.reference_digest == tiny.card.digest


def test_the_vectors_are_near_those_of_the_reference(
    made: DerivedEncoder, tiny: ExportedEncoder, sample: Sample
) -> None:
    texts = sample.texts[:100]
    cosines = np.einsum(
        "nd,nd->n", Encoder(made.folder).encode(texts), Encoder(tiny.folder).encode(texts)
    )
    assert cosines.min() > (0.95 if made.recipe.kind.is_quantized else 0.99999)


def test_attention_norm_and_gelu_are_fused(derived: dict[Kind, DerivedEncoder]) -> None:
    fused = dict(derived[Kind.FP32_OPTIMIZED].recipe.fused)
    assert fused == {"Attention": 2, "SkipLayerNormalization": 4, "BiasGelu": 2}


def test_only_ranges_of_the_whole_call_make_bits_depend_on_neighbours(
    derived: dict[Kind, DerivedEncoder],
) -> None:
    invariant = {kind for kind, made in derived.items() if made.card.batch_invariant}
    assert invariant == set(DERIVED_KINDS) - {Kind.INT8_DYNAMIC}


@pytest.mark.parametrize("kind", QUANTIZED)
def test_products_are_named_as_the_model_names_them(
    kind: Kind, derived: dict[Kind, DerivedEncoder]
) -> None:
    recipe = derived[kind].recipe
    assert "encoder.layer.1.attention.self.value" in recipe.quantized
    assert len(recipe.quantized) == 12
    assert recipe.left_out == ()


@pytest.mark.parametrize("kind", DERIVED_KINDS)
def test_the_same_input_gives_the_same_file(
    kind: Kind,
    derived: dict[Kind, DerivedEncoder],
    tiny: ExportedEncoder,
    sample: Sample,
    tmp_path: Path,
) -> None:
    again = derive_encoder(tiny.folder, kind, tmp_path, sample, max_changed=NO_BOUND)
    assert again.card.digest == derived[kind].card.digest


def test_blocks_never_need_instructions_that_a_cpu_may_lack(
    derived: dict[Kind, DerivedEncoder],
) -> None:
    assert not derived[Kind.INT8_BLOCK].recipe.needs_vnni
    dynamic, static = derived[Kind.INT8_DYNAMIC].recipe, derived[Kind.INT8_STATIC].recipe
    assert dynamic.needs_vnni == static.needs_vnni
    assert not (static.needs_vnni and static.reduce_range)


@pytest.mark.parametrize("size", [0, 1, 99])
@pytest.mark.parametrize("kind", QUANTIZED)
def test_too_few_texts_to_calibrate_on_are_refused_with_the_number_needed(
    kind: Kind, size: int, tiny: ExportedEncoder, sample: Sample, tmp_path: Path
) -> None:
    few = replace(sample, is_held_out=np.arange(len(sample.texts)) >= size)
    with pytest.raises(EncoderError, match=f"^{size} descriptors are too few.* 100 are needed"):
        derive_encoder(tiny.folder, kind, tmp_path, few)
    assert visible(tmp_path) == set()


def test_an_encoder_is_made_from_fp32_only(
    derived: dict[Kind, DerivedEncoder], sample: Sample, tmp_path: Path
) -> None:
    with pytest.raises(EncoderError, match="made from fp32"):
        derive_encoder(derived[Kind.INT8_BLOCK].folder, Kind.INT8_STATIC, tmp_path, sample)


def test_fp32_itself_is_not_derived(tiny: ExportedEncoder, sample: Sample, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="exported from a model"):
        derive_encoder(tiny.folder, Kind.FP32, tmp_path, sample)


@pytest.mark.parametrize("kind", DERIVED_KINDS)
def test_cancelled_at_any_report_nothing_is_left(
    kind: Kind,
    derived: dict[Kind, DerivedEncoder],
    tiny: ExportedEncoder,
    sample: Sample,
    tmp_path: Path,
) -> None:
    """The bound is somewhat less than all products change, so that some are left out: what a
    fixed one allows depends on the CPU."""
    changed = derived[kind].recipe.changed
    bound = 0.9 * changed / AIM if changed else None

    def derive(folder: Path, report: Progress) -> None:
        derive_encoder(tiny.folder, kind, folder, sample, report, max_changed=bound)

    reports: list[float] = []
    derive(tmp_path / "whole", lambda share, _: reports.append(share))
    assert reports == sorted(reports)
    assert reports[-1] == 1
    for stop_at in range(0, len(reports) - 1, max(1, len(reports) // 5)):
        told = 0

        def stop(share: float, message: str, stop_at: int = stop_at) -> None:
            nonlocal told
            if told == stop_at:
                raise StoppedError
            told += 1

        with pytest.raises(StoppedError):
            derive(tmp_path / "stopped", stop)
        assert visible(tmp_path / "stopped") == set()


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        shutil.Error([("from", "to", f"[Errno 28] {os.strerror(errno.ENOSPC)}: 'to'")]),
    ],
)
def test_a_full_disk_is_named_and_leaves_nothing(error: OSError, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"disk under .* is full"), draft_folder(tmp_path):
        raise error
    assert visible(tmp_path) == set()


@pytest.mark.parametrize("kind", [Kind.INT8_DYNAMIC, Kind.INT8_STATIC])
def test_a_working_copy_that_was_cut_short_is_a_full_disk(
    kind: Kind,
    tiny: ExportedEncoder,
    sample: Sample,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The native writer of working copies says nothing when no more fits on the disk."""
    infer = onnx.shape_inference.infer_shapes_path

    def cut_short(source: str, target: str) -> None:
        infer(source, target)
        os.truncate(target, Path(target).stat().st_size // 2)

    monkeypatch.setattr(onnx.shape_inference, "infer_shapes_path", cut_short)
    with pytest.raises(EncoderError, match="is full: a working copy"):
        derive_encoder(tiny.folder, kind, tmp_path, sample)
    assert visible(tmp_path) == set()


def test_another_error_of_the_disk_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), full_disk_named(tmp_path):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def test_scratch_of_a_killed_process_is_swept_and_that_of_a_living_one_stays(
    tmp_path: Path,
) -> None:
    with draft_folder(tmp_path) as living:
        dead = Path(shutil.copytree(living, tmp_path / ".encoder-dead"))
        for folder in (living, dead):
            os.utime(folder, (0, 0))
        assert sweep_drafts(tmp_path) == 1
        assert living.is_dir()
    assert visible(tmp_path) == set()


def test_young_scratch_is_not_swept(tmp_path: Path) -> None:
    (tmp_path / ".encoder-young").mkdir()
    assert sweep_drafts(tmp_path) == 0


def test_a_recipe_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "recipe.json").write_text('{"kind": "int4"}')
    with pytest.raises(EncoderError, match="is not a recipe"):
        Recipe.read(tmp_path)


def test_every_quantized_kind_has_a_bound_of_its_own() -> None:
    assert set(pipeline.MAX_CHANGED) == set(QUANTIZED)
