"""What this app counts for Prometheus. Each process counts its own; `/metrics` adds them up.

No text, no user and no key is ever a label.
"""

from prometheus_client import Counter, Histogram

# Seconds: five buckets a decade.
BUCKETS = (
    0.001, 0.0016, 0.0025, 0.004, 0.0063, 0.01, 0.016, 0.025, 0.04, 0.063,
    0.1, 0.16, 0.25, 0.4, 0.63, 1.0, 1.6, 2.5, 4.0, 6.3, 10.0,
)  # fmt: skip

API_RESPONSES = Counter(
    "txcat_api_responses_total", "Answers of the API.", ["endpoint", "method", "status"]
)
API_REQUEST_SECONDS = Histogram(
    "txcat_api_request_seconds",
    "From when a request of the API is taken up until its answer is made.",
    ["endpoint"],
    buckets=BUCKETS,
)
ENGINE_FALLBACKS = Counter(
    "txcat_engine_fallbacks_total",
    "Times this process had to serve another version than the active one.",
)
