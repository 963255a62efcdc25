"""How encoders look: their chart, and the tables of what was measured."""

import json
from typing import Any

from django.db.models import QuerySet
from django.template.defaultfilters import filesizeformat
from django.utils.safestring import SafeString

from classifier.admin.cells import NOTHING, badge, interval, percent
from classifier.engine.machine import this_machine
from classifier.models import Benchmark, Encoder
from classifier.services.benchmarks import Measured, newest_result

COLOURS = (
    "var(--color-primary-600)", "#0d9488", "#d97706", "#db2777", "#65a30d", "#64748b",
)  # fmt: skip
SHAPES = ("circle", "rect", "triangle", "rectRot", "rectRounded")
TICKS = {"color": "#9ca3af"}
CHART_OPTIONS = {
    "animation": False,
    "responsive": True,
    "maintainAspectRatio": False,
    "plugins": {
        "legend": {
            "display": True,
            "position": "bottom",
            "labels": {"usePointStyle": True, "color": "#9ca3af"},
        }
    },
    "scales": {
        "x": {
            "beginAtZero": True,
            "title": {"display": True, "text": "p50 latency of one text, ms", **TICKS},
            "ticks": TICKS,
            "grid": {},
        },
        "y": {
            "beginAtZero": True,
            "title": {"display": True, "text": "decisions changed, %", **TICKS},
            "ticks": TICKS,
            "grid": {},
        },
    },
}


def times(ratio: float | None) -> str:
    return NOTHING if ratio is None else f"{ratio:.2f}"


def changed_share(encoder: Encoder) -> str:
    texts = encoder.validation.get("texts")
    of = f" of {texts:,}" if texts else ""
    return f"{percent(encoder.decisions_changed, 2)}{of}"


def elsewhere(measured: Measured) -> SafeString:
    return badge(f"other machine: {measured.result.benchmark.machine['cpu']}", "warning")


def chart(encoders: "QuerySet[Encoder]") -> dict[str, Any]:
    """Latency against decisions changed, a point an encoder: only what was measured on a
    machine like this one. Colours are beside shapes, and the list beside the chart has the
    same figures."""
    points = []
    for encoder in encoders:
        measured = newest_result(encoder)
        changed = 0.0 if encoder.reference is None else encoder.decisions_changed
        if measured is not None and measured.is_here and changed is not None:
            points.append((encoder, measured.result.p50_ms, 100 * changed))
    datasets = [
        {
            "label": f"{encoder.get_precision_display()} ({encoder.digest[:8]})",
            "data": [{"x": round(latency_ms, 3), "y": round(changed, 3)}],
            "backgroundColor": COLOURS[index % len(COLOURS)],
            "pointStyle": SHAPES[index % len(SHAPES)],
            "pointRadius": 7,
            "pointHoverRadius": 9,
        }
        for index, (encoder, latency_ms, changed) in enumerate(points)
    ]
    return {
        "data": json.dumps({"datasets": datasets}),
        "options": json.dumps(CHART_OPTIONS),
        "summary": "; ".join(
            f"{encoder.get_precision_display()}: {latency_ms:.2f} ms, {changed:.2f}% of decisions "
            "changed"
            for encoder, latency_ms, changed in points
        ),
        "is_empty": not points,
    }


def newest_benchmark() -> dict[str, Any] | None:
    """The newest run, as a table with the machine beside it."""
    benchmark = Benchmark.objects.select_related("by").first()
    if benchmark is None:
        return None
    is_here = benchmark.machine_digest == this_machine().digest
    rows = [
        [
            result.contender,
            f"{result.p50_ms:.2f}",
            f"{result.p95_ms:.2f}",
            f"{result.p99_ms:.2f}",
            f"{result.texts_per_second:,.0f}",
            f"{result.load_ms:,.0f}",
            filesizeformat(result.peak_memory_bytes) if result.peak_memory_bytes else NOTHING,
            filesizeformat(result.size_bytes),
            times(result.speedup_over_fp32),
            times(result.speedup_over_torch),
        ]
        for result in benchmark.results.all()
    ]
    machine = benchmark.machine
    return {
        "row": benchmark,
        "is_here": is_here,
        "machine": f"{machine['cpu']}, {machine['cpus']} CPUs, "
        f"{' '.join(machine['features']) or 'no vector features of note'}; onnxruntime "
        f"{machine['onnxruntime']}; {benchmark.threads} intra-op "
        f"thread{'' if benchmark.threads == 1 else 's'}, spinning "
        f"{'on' if benchmark.spinning else 'off'}",
        "table": {
            "headers": [
                "Contender", "p50 ms", "p95 ms", "p99 ms", "texts/s in 32s", "load ms",
                "peak memory", "size", "× FP32", "× torch",
            ],
            "rows": rows,
        },
    }  # fmt: skip


def figures(encoder: Encoder) -> dict[str, Any]:
    """The tables under an encoder's form: how it was made, what was found, who chose it."""
    results = encoder.benchmark_results.select_related("benchmark").order_by("-id")[:20]
    here = this_machine().digest
    return {
        "facts": [
            {"title": "How it was made", "rows": recipe_rows(encoder.recipe)},
            {
                "title": "Against its reference, on texts that it was not made with",
                "rows": validation_rows(encoder.validation),
            },
        ],
        "results": {
            "headers": ["When", "Machine", "p50 ms", "p95 ms", "p99 ms", "texts/s", "× torch"],
            "rows": [
                [
                    result.benchmark.created_at,
                    result.benchmark.machine["cpu"]
                    + ("" if result.benchmark.machine_digest == here else " (another machine)"),
                    f"{result.p50_ms:.2f}",
                    f"{result.p95_ms:.2f}",
                    f"{result.p99_ms:.2f}",
                    f"{result.texts_per_second:,.0f}",
                    times(result.speedup_over_torch),
                ]
                for result in results
            ],
        },
        "choices": {
            "headers": ["When", "By", "Reason"],
            "rows": [
                [choice.created_at, choice.by or "a command or job", choice.reason or NOTHING]
                for choice in encoder.choices.select_related("by")
            ],
        },
    }


def recipe_rows(recipe: dict[str, Any]) -> list[tuple[str, str]]:
    """What was chosen, in words; what does not apply is left out."""
    rows = [
        ("Nodes fused", ", ".join(f"{count} {name}" for name, count in recipe["fused"].items())),
        ("Made with", f"onnxruntime {recipe['runtime_version']}"),
        ("Values that share a range", recipe["block_size"]),
        ("Weights have a range for each channel", recipe["per_channel"] and "yes"),
        ("Seven bits instead of eight", recipe["reduce_range"] and "yes"),
        ("Right only on CPUs with VNNI", recipe.get("needs_vnni") and "yes"),
        ("Range moved into the weights", recipe["smoothing"] and percent(recipe["smoothing"], 0)),
        ("Products in INT8", len(recipe["quantized"])),
        ("Left in FP32 because they change most", ", ".join(recipe["left_out"])),
        ("Texts calibrated on", recipe["calibration_texts"]),
        ("Decisions expected to change on those", percent(recipe["changed"], 2)),
    ] if recipe else []  # fmt: skip
    return [(name, str(value)) for name, value in rows if value and value != NOTHING]


def validation_rows(validation: dict[str, Any]) -> list[tuple[str, str]]:
    """What was measured, each share with its 95% interval."""
    if not validation:
        return []
    comparison = validation["comparison"]
    changed = comparison["changed"]
    return [
        ("Texts", f"{validation['texts']:,}"),
        (
            "Decisions changed",
            f"{changed['count']} of {changed['total']:,}: {percent(changed['value'], 2)} "
            f"({interval(changed['low'], changed['high'])})",
        ),
        (
            "Leave-one-out accuracy",
            f"{percent(comparison['candidate_accuracy'])}; the reference's "
            f"{percent(comparison['reference_accuracy'])}",
        ),
        ("Difference", accuracy_difference(validation)),
        ("Cosine, mean and least", f"{validation['cosine_mean']:.6f}, "
         f"{validation['cosine_min']:.6f}"),
        ("Same bits alone, in a batch of 32 and in another order, as the engine runs it",
         "yes" if validation["embeds_alike"] else "no"),
        ("Same bits in another process, with one thread and with two",
         "yes" if validation["deterministic"] else "no"),
    ]  # fmt: skip


def accuracy_difference(validation: dict[str, Any]) -> str:
    """In points, with the paired 95% interval."""
    comparison = validation["comparison"]
    low, high = comparison["difference_low"], comparison["difference_high"]
    return f"{comparison['difference']:+.2f} points ({low:+.2f} to {high:+.2f})"
