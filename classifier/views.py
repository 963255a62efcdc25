"""The REST API: translate, call a service, answer."""

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED
from rest_framework.views import APIView

from classifier import openapi
from classifier.authentication import key_of, user_of
from classifier.parsers import check_body_headers
from classifier.permissions import Scope
from classifier.serializers import wire
from classifier.serializers.requests import read_example, read_feedback, read_transactions
from classifier.services.examples import add_example
from classifier.services.feedback import record_feedback
from classifier.services.predictions import (
    categories_in_use,
    classify_transactions,
    explain_prediction,
    stage_times,
)


class ApiView(APIView):
    """`scope` is what a key needs; None where any usable key will do."""

    scope: Scope | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method == "POST":
            check_body_headers(request)

    @property
    def default_response_headers(self) -> dict[str, str]:
        """Answers hold what people bought: no cache keeps them."""
        return {**super().default_response_headers, "Cache-Control": "no-store"}


class ClassifyView(ApiView):
    scope = Scope.CLASSIFY

    @openapi.CLASSIFY
    def post(self, request: Request) -> Response:
        """Classify 1 to 1,000 transactions and store the answers, all or none."""
        answers = classify_transactions(read_transactions(request.data), key_of(request))
        return Response(
            {"results": [wire.answer_json(answer) for answer in answers]},
            headers={"Server-Timing": wire.server_timing(stage_times(answers))},
        )


class PredictionView(ApiView):
    scope = Scope.CLASSIFY

    @openapi.PREDICTION
    def get(self, request: Request, prediction_id: UUID) -> Response:
        """A stored answer, and why it was given."""
        return Response(wire.explanation_json(explain_prediction(prediction_id)))


class CategoriesView(ApiView):
    @openapi.CATEGORIES
    def get(self, request: Request) -> Response:
        """The categories in use, as a tree."""
        return Response({"categories": wire.tree_json(categories_in_use())})


class ExamplesView(ApiView):
    scope = Scope.CURATE

    @openapi.EXAMPLE
    def post(self, request: Request) -> Response:
        """Add one labelled example. It counts from the next version that is built."""
        key = key_of(request)
        example = add_example(
            **read_example(request.data),
            created_by=user_of(request),
            reason=f"API key {key.name}" if key else "API",
        )
        return Response(wire.example_json(example), status=HTTP_201_CREATED)


class FeedbackView(ApiView):
    scope = Scope.FEEDBACK

    @openapi.FEEDBACK
    def post(self, request: Request) -> Response:
        """Store what people said of 1 to 1,000 predictions, all or none."""
        items = read_feedback(request.data)
        rows = record_feedback(items, key_of(request), user_of(request))
        return Response(
            {"feedback": [wire.feedback_json(row) for row in rows]}, status=HTTP_201_CREATED
        )
