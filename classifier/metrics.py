"""What this app counts for Prometheus. Each process counts its own; `/metrics` adds them up.

No text, no user and no key is ever a label, and a label's values are bounded: by the code, by the
taxonomy, or by the versions that a process has served. docs/metrics.md lists every metric.
"""

from collections.abc import Iterable

from prometheus_client import Counter, Gauge, Histogram

# Seconds: five buckets a decade.
BUCKETS = (
    0.001, 0.0016, 0.0025, 0.004, 0.0063, 0.01, 0.016, 0.025, 0.04, 0.063,
    0.1, 0.16, 0.25, 0.4, 0.63, 1.0, 1.6, 2.5, 4.0, 6.3, 10.0,
)  # fmt: skip
# A stage may be done in a tenth of the shortest request.
STAGE_BUCKETS = (0.0001, 0.00016, 0.00025, 0.0004, 0.00063, *BUCKETS)
BATCH_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
STAGES = ("tokenize", "encode", "decide", "record")
# What a client may call a method is without bound.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"

API_RESPONSES = Counter(
    "txcat_api_responses_total", "Answers of the API.", ["endpoint", "method", "status"]
)
API_REQUEST_SECONDS = Histogram(
    "txcat_api_request_seconds",
    "From when a request of the API is taken up until its answer is made.",
    ["endpoint"],
    buckets=BUCKETS,
)
ERRORS = Counter("txcat_errors_total", "Requests of the API that an error ended.", ["kind"])
PREDICTIONS = Counter(
    "txcat_predictions_total",
    "Predictions that were stored and answered.",
    ["version", "category_group", "level", "annotator"],
)
STAGE_SECONDS = Histogram(
    "txcat_stage_seconds",
    "Time of one classify request by stage, over all versions that answered.",
    ["stage"],
    buckets=STAGE_BUCKETS,
)
BATCH_TRANSACTIONS = Histogram(
    "txcat_batch_transactions", "Transactions of one classify request.", buckets=BATCH_BUCKETS
)
CACHE_HITS = Counter("txcat_cache_hits_total", "Texts whose embedding the cache knew.")
CACHE_MISSES = Counter("txcat_cache_misses_total", "Texts whose embedding it did not know.")
CACHE_EVICTIONS = Counter("txcat_cache_evictions_total", "Embeddings that made room for others.")
# Of processes that live: what a dead one held is free.
CACHE_ENTRIES = Gauge(
    "txcat_cache_entries", "Embeddings that are held.", multiprocess_mode="livesum"
)
CACHE_BYTES = Gauge("txcat_cache_bytes", "Memory that they take.", multiprocess_mode="livesum")
ENGINE_LOADS = Counter(
    "txcat_engine_loads_total", "Versions that a process loaded, or could not.", ["outcome"]
)
ENGINE_SWAPS = Counter(
    "txcat_engine_swaps_total", "Times a process began to serve a version, the first one included."
)
ENGINE_FALLBACKS = Counter(
    "txcat_engine_fallbacks_total",
    "Activations that this process could not follow: another version serves, or none.",
)

# A failure that is a series' first sample is no increase to Prometheus.
for _outcome in ("loaded", "failed"):
    ENGINE_LOADS.labels(_outcome)
# Looked up once: a request takes these four each time.
_STAGE = tuple(STAGE_SECONDS.labels(stage) for stage in STAGES)


def method_label(method: str | None) -> str:
    return method if method in METHODS else OTHER


def observe_stages(milliseconds: Iterable[float]) -> None:
    """In the order of STAGES."""
    for histogram, spent in zip(_STAGE, milliseconds, strict=True):
        histogram.observe(spent / 1000)
