"""What the OpenAPI page says beyond what the code says by itself."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
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

from classifier import openapi_examples as examples
from classifier.bulk.options import MEDIA_TYPES
from classifier.bulk.upload import ClassifyFileSerializer
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


def at_odds(*codes: str) -> OpenApiResponse:
    named = ", ".join(f"`{code}`" for code in codes)
    return OpenApiResponse(
        PlainErrorResponseSerializer, f"Well-formed, but at odds with what is stored: {named}."
    )


SERVER_TIMING = OpenApiParameter(
    name="Server-Timing",
    location=OpenApiParameter.HEADER,
    response=[200],
    type=str,
    description="Milliseconds spent to tokenize, encode, decide and record.",
)

CLASSIFY = extend_schema(
    operation_id="classify",
    request=requests.ClassifySerializer,
    responses={200: responses.ResultsSerializer, **BODY_ERRORS},
    parameters=[SERVER_TIMING],
    examples=examples.CLASSIFY,
)

CLASSIFY_FILE = extend_schema(
    operation_id="classify_file",
    request={
        "multipart/form-data": ClassifyFileSerializer,
        "application/json": requests.ClassifyListSerializer,
    },
    responses={
        202: responses.JobSerializer,
        **BODY_ERRORS,
        422: at_odds("unknown"),
        507: OpenApiResponse(PlainErrorResponseSerializer, "There is no room; nothing is stored."),
    },
    parameters=[
        OpenApiParameter(
            name="Location",
            location=OpenApiParameter.HEADER,
            response=[202],
            type=str,
            description="The job's address.",
        )
    ],
    examples=examples.CLASSIFY_FILE,
)

JOB = extend_schema(
    operation_id="job",
    responses={200: responses.JobSerializer, 503: UNAVAILABLE},
    examples=examples.JOB,
)

CANCEL_JOB = extend_schema(
    operation_id="cancel_job",
    request=None,
    responses={200: responses.JobSerializer, 503: UNAVAILABLE},
    examples=examples.CANCEL_JOB,
)

JOB_RESULTS = extend_schema(
    operation_id="job_results",
    parameters=[
        OpenApiParameter(
            name="Range",
            location=OpenApiParameter.HEADER,
            type=str,
            description="A single range of bytes, such as `bytes=1000000-`.",
        ),
        OpenApiParameter(
            name="If-Range",
            location=OpenApiParameter.HEADER,
            type=str,
            description="The ETag of the parts that you have: of another file, all is sent.",
        ),
    ],
    responses={
        **{
            (status, media_type): OpenApiResponse(OpenApiTypes.BINARY, said)
            for media_type in MEDIA_TYPES.values()
            for status, said in ((200, "All of it."), (206, "The part that was asked for."))
        },
        409: OpenApiResponse(PlainErrorResponseSerializer, "There are no results, or not yet."),
        416: OpenApiResponse(PlainErrorResponseSerializer, "The range begins behind the end."),
        503: UNAVAILABLE,
    },
)

PREDICTION = extend_schema(
    operation_id="prediction",
    responses={200: responses.PredictionSerializer, 503: UNAVAILABLE},
    examples=examples.PREDICTION,
)

CATEGORIES = extend_schema(
    operation_id="categories",
    responses={200: responses.CategoriesSerializer, 503: UNAVAILABLE},
    examples=examples.CATEGORIES,
)

EXAMPLE = extend_schema(
    operation_id="add_example",
    request=requests.ExampleSerializer,
    responses={
        201: responses.ExampleAnswerSerializer,
        **BODY_ERRORS,
        422: at_odds("unknown_category", "no_text", "conflict", "duplicate"),
    },
    examples=examples.EXAMPLE,
)

FEEDBACK = extend_schema(
    operation_id="give_feedback",
    request=requests.FeedbackSerializer,
    responses={
        200: OpenApiResponse(responses.FeedbackAnswerSerializer, "All of it was said before."),
        201: responses.FeedbackAnswerSerializer,
        **BODY_ERRORS,
        422: at_odds(
            "unknown_prediction",
            "unknown_category",
            "inactive_category",
            "contradiction",
            "nothing_to_confirm",
        ),
    },
    examples=examples.FEEDBACK,
)

ERASE_USER_CATEGORIES = extend_schema(
    operation_id="erase_user_categories",
    request=None,
    responses={200: responses.ErasedSerializer, 422: at_odds("invalid"), 503: UNAVAILABLE},
    parameters=[
        OpenApiParameter(
            name="user_id",
            location=OpenApiParameter.PATH,
            type=str,
            description="Your id of the account holder, percent-encoded.",
        )
    ],
    examples=examples.ERASED,
)
