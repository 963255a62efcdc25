"""Requests and answers shown on the OpenAPI page."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

COFFEE: dict[str, Any] = {
    "slug": "coffee-shops",
    "name": "Coffee",
    "primary": {"slug": "food-and-drink", "name": "Food and drink"},
}
RESTAURANTS = {**COFFEE, "slug": "restaurants", "name": "Restaurants", "score": 0.012531}
RESULT = {
    "prediction_id": "01a20bf2-dba5-75df-82d3-3cc287d25249",
    "transaction_id": "t-1",
    "category": COFFEE,
    "primary": None,
    "confidence": 0.994586,
    "level": "high",
    "score": 0.890368,
    "margin": 0.877837,
    "alternatives": [RESTAURANTS],
    "review": False,
    "reason": None,
    "annotator": "model",
    "model_version": "v1",
    "merchant": {
        "id": "own-haus-coffee-f7723b45",
        "name": "Haus Coffee",
        "wikidata_id": None,
        "confidence": 0.936396,
    },
    "merchant_span": [5, 16],
    "location": {"city": "San Francisco", "region": "CA", "country": "us"},
    "processor": "Toast",
    "channel": None,
    "is_recurring": None,
}
NOTHING_SAID = {
    "merchant": None,
    "merchant_span": None,
    "location": None,
    "processor": None,
    "channel": None,
    "is_recurring": None,
}
ABSTAINED: dict[str, Any] = {
    "prediction_id": "01a20bf2-dba5-75df-82d3-3cc34092f733",
    "transaction_id": None,
    "category": None,
    "primary": None,
    "confidence": None,
    "level": "abstain",
    "score": None,
    "margin": None,
    "alternatives": [],
    "review": True,
    "reason": "no_text",
    "annotator": "model",
    "model_version": "v1",
    **NOTHING_SAID,
}

CLASSIFY = [
    OpenApiExample(
        "Two transactions",
        {
            "transactions": [
                {
                    "description": "TST* HAUS COFFEE 12 SAN FRANCISCO CA",
                    "amount": -6.5,
                    "currency": "USD",
                    "user_id": "u-42",
                    "transaction_id": "t-1",
                    "occurred_at": "2026-03-01T09:30:00Z",
                    "mcc": "5814",
                },
                {"description": "0423 1187"},
            ]
        },
        request_only=True,
    ),
    OpenApiExample(
        "One answered, one left to a person",
        {"results": [RESULT, ABSTAINED]},
        response_only=True,
        status_codes=["200"],
    ),
    OpenApiExample(
        "A field of the fourth item is refused",
        {
            "type": "validation_error",
            "errors": [
                {
                    "code": "blank",
                    "detail": "This field may not be blank.",
                    "attr": "transactions.3.description",
                }
            ],
        },
        response_only=True,
        status_codes=["400"],
    ),
]

JOB_RUNNING: dict[str, Any] = {
    "id": 12,
    "kind": "classify_file",
    "status": "running",
    "progress": 0.42,
    "message": "deciding: 24,576 of 60,213 texts",
    "created_at": "2026-03-01T09:30:02.114Z",
    "started_at": "2026-03-01T09:30:02.910Z",
    "finished_at": None,
    "attempts": 1,
    "result": None,
    "error": None,
    "results_url": None,
    "note": "The answers are in the file of results alone: no predictions are stored.",
}
JOB_QUEUED = {
    **JOB_RUNNING,
    "status": "queued",
    "progress": 0.0,
    "message": "",
    "started_at": None,
    "attempts": 0,
}
JOB_SUCCEEDED = {
    **JOB_RUNNING,
    "status": "succeeded",
    "progress": 1.0,
    "message": "1,000,000 rows: 912,404 with a category, 87,584 for review, 12 with errors.",
    "finished_at": "2026-03-01T09:32:11.020Z",
    "result": {
        "rows": 1_000_000,
        "distinct_texts": 60_213,
        "answered": 912_404,
        "for_review": 87_584,
        "errors": 12,
        "error_reasons": {"description: This field may not be blank.": 12},
        "format": "ndjson",
        "bytes": 1_034_118_223,
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "model_version": "v1",
    },
    "results_url": "/api/v1/jobs/12/results",
}

CLASSIFY_FILE = [
    OpenApiExample(
        "A list, answered in the background",
        {
            "transactions": [
                {"description": "TST* HAUS COFFEE 12 SAN FRANCISCO CA", "transaction_id": "t-1"}
            ],
            "results": "csv",
        },
        request_only=True,
        media_type="application/json",
    ),
    OpenApiExample("Taken in", JOB_QUEUED, response_only=True, status_codes=["202"]),
]

JOB = [
    OpenApiExample("Under way", JOB_RUNNING, response_only=True, status_codes=["200"]),
    OpenApiExample("Done", JOB_SUCCEEDED, response_only=True, status_codes=["200"]),
]

CANCEL_JOB = [
    OpenApiExample(
        "Ended before a worker took it",
        {**JOB_QUEUED, "status": "cancelled", "finished_at": "2026-03-01T09:30:05.300Z"},
        response_only=True,
        status_codes=["200"],
    )
]

PREDICTION = [
    OpenApiExample(
        "A stored answer",
        {
            **RESULT,
            "created_at": "2026-03-01T09:30:02.114Z",
            "user_id": "u-42",
            "description": "TST* HAUS COFFEE 12 SAN FRANCISCO CA",
            "amount": "-6.5000",
            "currency": "USD",
            "direction": None,
            "mcc": "5814",
            "country": None,
            "occurred_at": "2026-03-01T09:30:00Z",
            "why": {
                "canonical_text": "haus coffee 12 san francisco ca",
                "nearest_examples": [
                    {
                        "text": "PHILZ COFFEE SAN JOSE CA 408-555-0177",
                        "category": COFFEE,
                        "similarity": 0.89068,
                    }
                ],
                "nearest_examples_missing": None,
                "merchant": {
                    "id": "own-haus-coffee-f7723b45",
                    "name": "Haus Coffee",
                    "kind": "amenity=cafe;cuisine=coffee_shop",
                    "sells": "coffee shop cafe",
                    "confidence": 0.936396,
                    "weight": 1.41181,
                },
                "runner_up": RESTAURANTS,
                "margin": 0.877837,
                "versions": {
                    "model": "v1",
                    "normalizer": 1,
                    "encoder": "sentence-transformers/all-MiniLM-L6-v2",
                    "encoder_precision": "fp32",
                    "encoder_digest": "5ae04bf164cc…",
                },
            },
        },
        response_only=True,
        status_codes=["200"],
    )
]

CATEGORIES = [
    OpenApiExample(
        "A part of the tree",
        {
            "categories": [
                {
                    **COFFEE["primary"],
                    "description": "Groceries, meals, coffee, drinks and food brought to the door.",
                    "direction": "expense",
                    "children": [
                        {
                            "slug": "coffee-shops",
                            "name": "Coffee",
                            "description": "Coffee shops, espresso bars, cafés and tea rooms.",
                            "direction": "expense",
                        }
                    ],
                }
            ]
        },
        response_only=True,
        status_codes=["200"],
    )
]

EXAMPLE = [
    OpenApiExample(
        "An example",
        {"category": "coffee-shops", "text": "TST* HAUS COFFEE 12 SAN FRANCISCO CA"},
        request_only=True,
    ),
    OpenApiExample(
        "Stored",
        {
            "id": 2041,
            "category": COFFEE,
            "text": "TST* HAUS COFFEE 12 SAN FRANCISCO CA",
            "canonical_text": "haus coffee 12 san francisco ca",
            "note": "",
            "override": False,
            "created_at": "2026-03-01T09:30:02.114Z",
        },
        response_only=True,
        status_codes=["201"],
    ),
    OpenApiExample(
        "Another category has the text",
        {
            "type": "validation_error",
            "errors": [
                {
                    "code": "conflict",
                    "detail": "The category “Restaurants” (restaurants) has "
                    "the text already, as “HAUS COFFEE 12 SAN FRANCISCO CA”. Override to keep "
                    "both.",
                    "attr": "text",
                }
            ],
        },
        response_only=True,
        status_codes=["422"],
    ),
]

FEEDBACK = [
    OpenApiExample(
        "One right, one corrected",
        {
            "feedback": [
                {"transaction_id": "t-1", "correct": True, "user_id": "u-42"},
                {
                    "prediction_id": "01a20bf2-dba5-75df-82d3-3cc34092f733",
                    "category": "restaurants",
                    "source": "back-office",
                },
            ]
        },
        request_only=True,
    ),
    OpenApiExample(
        "Stored",
        {
            "feedback": [
                {
                    "id": 7,
                    "prediction_id": "01a20bf2-dba5-75df-82d3-3cc287d25249",
                    "transaction_id": "t-1",
                    "correct": True,
                    "category": COFFEE,
                }
            ]
        },
        response_only=True,
        status_codes=["200", "201"],
    ),
    OpenApiExample(
        "A retired category",
        {
            "type": "validation_error",
            "errors": [
                {
                    "code": "inactive_category",
                    "detail": "The category “Food and drink › Coffee” (coffee-shops) is switched "
                    "off; name one that is in use.",
                    "attr": "feedback.0.category",
                }
            ],
        },
        response_only=True,
        status_codes=["422"],
    ),
]

ERASED = [
    OpenApiExample("Twelve were known", {"erased": 12}, response_only=True, status_codes=["200"])
]
