"""What the OpenAPI page says beyond what the code says by itself."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    PolymorphicProxySerializer,
    extend_schema,
)
from drf_standardized_errors.openapi_serializers import (
    ParseErrorResponseSerializer,
    ValidationErrorResponseSerializer,
)
from rest_framework import serializers

from classifier.serializers import requests, responses


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "classifier.authentication.ApiKeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "The words `Api-Key`, a space, and the key: `Api-Key PREFIX.SECRET`.",
        }


class PlainErrorSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()
    attr = serializers.CharField(allow_null=True)


class PlainErrorResponseSerializer(serializers.Serializer[Any]):
    type = serializers.CharField()
    errors = PlainErrorSerializer(many=True)  # type: ignore[assignment]


BAD_REQUEST = OpenApiResponse(
    PolymorphicProxySerializer(
        component_name="BadRequest",
        serializers={
            "validation_error": ValidationErrorResponseSerializer,
            "client_error": ParseErrorResponseSerializer,
        },
        resource_type_field_name="type",
    ),
    "The body is not JSON, or fields are refused; `attr` names the item and the field.",
)
UNAVAILABLE = OpenApiResponse(
    PlainErrorResponseSerializer, "Not now: no version is live, or the database is away."
)
BODY_ERRORS = {
    400: BAD_REQUEST,
    411: OpenApiResponse(PlainErrorResponseSerializer, "The body came without a length."),
    413: OpenApiResponse(PlainErrorResponseSerializer, "The body is too large."),
    503: UNAVAILABLE,
}
AT_ODDS = OpenApiResponse(
    PlainErrorResponseSerializer, "Well-formed, but at odds with what is stored."
)
SERVER_TIMING = OpenApiParameter(
    name="Server-Timing",
    location=OpenApiParameter.HEADER,
    response=[200],
    type=str,
    description="Milliseconds spent to tokenize, encode, decide and record.",
)

COFFEE: dict[str, Any] = {
    "slug": "coffee-shops",
    "name": "Coffee shops",
    "primary": {"slug": "food-and-drink", "name": "Food and drink"},
}
RESTAURANTS = {**COFFEE, "slug": "restaurants", "name": "Restaurants", "score": 0.514077}
RESULT = {
    "prediction_id": "0190163d-8694-739b-aea5-966c26f8ad91",
    "transaction_id": "t-1",
    "category": COFFEE,
    "confidence": 0.972314,
    "level": "high",
    "score": 0.731902,
    "margin": 0.217825,
    "alternatives": [RESTAURANTS],
    "review": False,
    "reason": None,
    "model_version": "v1",
}
ABSTAINED: dict[str, Any] = {
    "prediction_id": "0190163d-8694-739b-aea5-966c26f8ad92",
    "transaction_id": None,
    "category": None,
    "confidence": None,
    "level": "abstain",
    "score": None,
    "margin": None,
    "alternatives": [],
    "review": True,
    "reason": "no_text",
    "model_version": "v1",
}

CLASSIFY = extend_schema(
    operation_id="classify",
    request=requests.ClassifySerializer,
    responses={200: responses.ResultsSerializer, **BODY_ERRORS},
    parameters=[SERVER_TIMING],
    examples=[
        OpenApiExample(
            "Two transactions",
            {
                "transactions": [
                    {
                        "description": "SQ *BLUE BOTTLE COFFEE 0423 OAKLAND CA",
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
    ],
)

PREDICTION = extend_schema(
    operation_id="prediction",
    responses={200: responses.PredictionSerializer, 503: UNAVAILABLE},
    examples=[
        OpenApiExample(
            "A stored answer",
            {
                **RESULT,
                "created_at": "2026-03-01T09:30:02.114Z",
                "user_id": "u-42",
                "description": "SQ *BLUE BOTTLE COFFEE 0423 OAKLAND CA",
                "amount": "-6.5000",
                "currency": "USD",
                "direction": None,
                "mcc": "5814",
                "occurred_at": "2026-03-01T09:30:00Z",
                "why": {
                    "canonical_text": "blue bottle coffee oakland ca",
                    "nearest_examples": [
                        {
                            "text": "BLUE BOTTLE COFFEE SAN FRANCISCO CA",
                            "category": COFFEE,
                            "similarity": 0.884213,
                        }
                    ],
                    "nearest_examples_missing": None,
                    "runner_up": RESTAURANTS,
                    "margin": 0.217825,
                    "versions": {
                        "model": "v1",
                        "normalizer": 1,
                        "encoder": "all-MiniLM-L6-v2",
                        "encoder_precision": "fp32",
                        "encoder_digest": "5f1c…",
                    },
                },
            },
            response_only=True,
            status_codes=["200"],
        )
    ],
)

CATEGORIES = extend_schema(
    operation_id="categories",
    responses={200: responses.CategoriesSerializer, 503: UNAVAILABLE},
    examples=[
        OpenApiExample(
            "A part of the tree",
            {
                "categories": [
                    {
                        **COFFEE["primary"],
                        "description": "Eating and drinking out",
                        "direction": "expense",
                        "children": [
                            {
                                "slug": "coffee-shops",
                                "name": "Coffee shops",
                                "description": "Coffee, tea, cafés",
                                "direction": "expense",
                            }
                        ],
                    }
                ]
            },
            response_only=True,
            status_codes=["200"],
        )
    ],
)

EXAMPLE = extend_schema(
    operation_id="add_example",
    request=requests.ExampleSerializer,
    responses={201: responses.ExampleAnswerSerializer, **BODY_ERRORS, 422: AT_ODDS},
    examples=[
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
                "canonical_text": "haus coffee san francisco ca",
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
                        "the text already, as “HAUS COFFEE SAN FRANCISCO CA”. Override to keep "
                        "both.",
                        "attr": "text",
                    }
                ],
            },
            response_only=True,
            status_codes=["422"],
        ),
    ],
)

FEEDBACK = extend_schema(
    operation_id="give_feedback",
    request=requests.FeedbackSerializer,
    responses={201: responses.FeedbackAnswerSerializer, **BODY_ERRORS, 422: AT_ODDS},
    examples=[
        OpenApiExample(
            "One right, one corrected",
            {
                "feedback": [
                    {"transaction_id": "t-1", "correct": True, "user_id": "u-42"},
                    {
                        "prediction_id": "0190163d-8694-739b-aea5-966c26f8ad92",
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
                        "prediction_id": "0190163d-8694-739b-aea5-966c26f8ad91",
                        "transaction_id": "t-1",
                        "correct": True,
                        "category": COFFEE,
                    }
                ]
            },
            response_only=True,
            status_codes=["201"],
        ),
    ],
)
