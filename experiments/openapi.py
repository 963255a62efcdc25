"""What the OpenAPI page says of experiments."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from classifier.openapi import BAD_REQUEST, UNAVAILABLE, PlainErrorResponseSerializer
from experiments.serializers import LARGEST_ID, ExperimentResultsSerializer

ESTIMATE = {
    "variant": "new",
    "method": "delta method, confidence sequence",
    "control_units": 4120,
    "variant_units": 4093,
    "control_value": 0.0712,
    "variant_value": 0.0551,
    "effect": -0.0161,
    "low": -0.0214,
    "high": -0.0108,
    "standard_error": 0.0018,
    "relative_effect": -0.2261,
    "relative_low": -0.2936,
    "relative_high": -0.1586,
    "p_value": 0.0004,
    "adjusted_p_value": 0.0004,
    "chance_to_win": 0.9999,
    "level": 0.95,
    "information": 8213,
    "reason": None,
    "relative_reason": None,
    "sentence": None,
    "relative_sentence": None,
}
ARM = {
    "key": "control",
    "version": "v12",
    "is_control": True,
    "weight": 0.5,
    "units": 4120,
    "exposures": 81244,
    "failed": 0,
}
EXAMPLE = OpenApiExample(
    "A better version",
    {
        "experiment": "hybrid-head",
        "analysis": 214,
        "kind": "scheduled",
        "created_at": "2026-03-15T09:00:04.118Z",
        "version": 1,
        "at": "2026-03-15T09:00:03.702Z",
        "days": 14.0,
        "method": "sequential",
        "alpha": 0.05,
        "look": None,
        "verdict": {
            "kind": "ship",
            "sentences": [
                "Ship new.",
                "new is better in Abstention rate, -1.61 points (-2.14 to -1.08 points).",
            ],
            "winner": "new",
            "days_left": None,
        },
        "arms": [
            ARM,
            {
                **ARM,
                "key": "new",
                "version": "v13",
                "is_control": False,
                "units": 4093,
                "exposures": 80730,
            },
        ],
        "unassigned": {"exposures": 310},
        "health": [
            {
                "kind": "sample_ratio",
                "is_failed": False,
                "sentence": "The split is as planned: 4,120 and 4,093 units where 4,106 and 4,106 "
                "were expected.",
                "p_value": 0.7656,
                "reason": None,
            }
        ],
        "primary": {
            "key": "abstention-rate",
            "name": "Abstention rate",
            "better": "lower",
            "is_share": True,
            "unit": "share",
            "estimates": [ESTIMATE],
        },
        "secondary": [],
        "guardrails": [
            {
                "metric": "error-rate",
                "name": "Error rate",
                "action": "stop",
                "margin": 0.01,
                "is_relative": False,
                "variant": "new",
                "kind": "ok",
                "sentence": "It is 0.1 points better than the control; 1 point worse is borne.",
                "reason": None,
                "low": -0.002,
                "high": 0.0001,
            }
        ],
        "units_needed": 3900,
        "units_left": 0,
        "distribution": {
            "bounds": [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
            "arms": {
                "control": [12, 40, 310, 820, 1600, 1100, 230, 8, 0, 0, 0],
                "new": [15, 38, 305, 811, 1590, 1098, 229, 7, 0, 0, 0],
            },
        },
    },
    response_only=True,
    status_codes=["200"],
)

RESULTS = extend_schema(
    operation_id="experiment_results",
    parameters=[
        OpenApiParameter("key", OpenApiTypes.STR, OpenApiParameter.PATH, description="Its key."),
        OpenApiParameter(
            "at",
            {"type": "integer", "minimum": 1, "maximum": LARGEST_ID},
            description="The number of an earlier analysis; without it the newest is answered.",
        ),
    ],
    responses={
        200: ExperimentResultsSerializer,
        400: BAD_REQUEST,
        404: OpenApiResponse(
            PlainErrorResponseSerializer, "No experiment has this key, or it has no analysis."
        ),
        503: UNAVAILABLE,
    },
    examples=[EXAMPLE],
)
