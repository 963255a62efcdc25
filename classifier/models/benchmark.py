from django.conf import settings
from django.db import models

from classifier.models.encoder import Encoder
from classifier.models.job import Job


class Benchmark(models.Model):
    """One interleaved run over several encoders, on one machine."""

    machine_digest = models.CharField(
        max_length=64, db_index=True, help_text="Equal for runs on machines that are alike."
    )
    machine = models.JSONField(help_text="The processor, its features, CPUs, library versions.")
    threads = models.PositiveIntegerField(help_text="Intra-op threads of each contender.")
    spinning = models.BooleanField()
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Benchmark #{self.pk}"


class BenchmarkResult(models.Model):
    """What one contender of a benchmark took. Times are of one text a call."""

    benchmark = models.ForeignKey(Benchmark, on_delete=models.CASCADE, related_name="results")
    encoder = models.ForeignKey(
        Encoder,
        on_delete=models.PROTECT,
        null=True,
        related_name="benchmark_results",
        help_text="Empty for the source model run by torch.",
    )
    contender = models.CharField(max_length=250)
    p50_ms = models.FloatField()
    p95_ms = models.FloatField()
    p99_ms = models.FloatField()
    texts_per_second = models.FloatField(help_text="In batches of 32.")
    load_ms = models.FloatField()
    peak_memory_bytes = models.PositiveBigIntegerField(
        null=True,
        help_text="Of a process that holds it alone; empty where the system does not say.",
    )
    size_bytes = models.PositiveBigIntegerField()
    speedup_over_fp32 = models.FloatField(
        null=True, help_text="Median over the rounds, batch 1; empty where FP32 did not take part."
    )
    speedup_over_torch = models.FloatField(
        null=True, help_text="Median over the rounds, batch 1; empty where torch did not take part."
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["benchmark", "contender"], name="contender_once_in_benchmark"
            )
        ]

    def __str__(self) -> str:
        return f"{self.contender} in {self.benchmark}"
