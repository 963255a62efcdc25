"""Rows of encoders as they are measured, made without measuring."""

from typing import Any

from classifier.engine.machine import this_machine
from classifier.models import Benchmark, BenchmarkResult, Encoder
from tests.rows import copy_of

RECIPE = {
    "kind": "int8_block",
    "reference_digest": "0" * 64,
    "fused": {"BiasGelu": 6},
    "runtime_version": "1.32.0",
    "per_channel": True,
    "reduce_range": False,
    "block_size": 32,
    "smoothing": 0.65,
    "quantized": ["layer.0.query", "layer.0.key"],
    "left_out": ["layer.5.value"],
    "calibration_texts": 663,
    "max_changed": 0.01,
    "changed": 0.0071,
}
VALIDATION = {
    "texts": 1547,
    "cosine_mean": 0.999925,
    "cosine_min": 0.999799,
    "comparison": {
        "changed": {"count": 18, "total": 1547, "value": 0.0116, "low": 0.0074, "high": 0.0183},
        "reference_accuracy": 0.538,
        "candidate_accuracy": 0.5373,
        "difference": -0.07,
        "difference_low": -0.41,
        "difference_high": 0.26,
    },
    "batch_invariant": True,
    "embeds_alike": True,
    "deterministic": True,
}


def derived_from(reference: Encoder, **changes: Any) -> Encoder:
    """An INT8 encoder that was validated."""
    fields: dict[str, Any] = {
        "precision": Encoder.Precision.BLOCK,
        "digest": "1" * 64,
        "reference": reference,
        "recipe": RECIPE,
        "validation": VALIDATION,
        "cosine_mean": 0.999925,
        "cosine_min": 0.999799,
        "decisions_changed": 0.0116,
        "accuracy_change": -0.0007,
        "parity_texts": None,
        "parity_min_cosine": None,
        "parity_max_difference": None,
        **changes,
    }
    return copy_of(reference, **fields)


def benchmarked(encoder: Encoder, p50_ms: float = 2.5, **machine: Any) -> BenchmarkResult:
    """A result of an encoder on this machine, or on one that differs in `machine`."""
    here = this_machine()
    run = Benchmark.objects.create(
        machine_digest="f" * 64 if machine else here.digest,
        machine={**here.as_json(), **machine},
        threads=1,
        spinning=False,
    )
    return BenchmarkResult.objects.create(
        benchmark=run,
        encoder=encoder,
        contender=str(encoder),
        p50_ms=p50_ms,
        p95_ms=p50_ms * 1.5,
        p99_ms=p50_ms * 2,
        texts_per_second=412,
        load_ms=310,
        peak_memory_bytes=180_000_000,
        size_bytes=60_000_000,
        speedup_over_fp32=1.9,
        speedup_over_torch=4.6,
    )
