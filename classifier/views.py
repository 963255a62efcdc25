"""The REST API: translate, call a service, answer."""

from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_200_OK, HTTP_201_CREATED, HTTP_202_ACCEPTED
from rest_framework.views import APIView

from classifier import metrics, openapi
from classifier.authentication import key_of, user_of
from classifier.bulk.body import TransactionsParser
from classifier.bulk.results import find_results, job_answer
from classifier.bulk.submission import Caller, submit_file
from classifier.bulk.upload import FORM_TYPE, FileFormParser, received
from classifier.jobs.queue import cancel
from classifier.parsers import JSON_TYPE, check_body_headers
from classifier.permissions import Scope
from classifier.ranges import file_response
from classifier.serializers import wire
from classifier.serializers.requests import read_example, read_feedback, read_transactions
from classifier.services.examples import add_example
from classifier.services.feedback import record_feedback
from classifier.services.jobs import find_job, may_manage
from classifier.services.personal import erase
from classifier.services.predictions import (
    categories_in_use,
    classify_transactions,
    explain_prediction,
    stage_times,
)


class ApiView(APIView):
    """`scope` is what a key needs; None where any usable key will do."""

    scope: Scope | None = None
    # What staff need, where it is not what stands for the scope.
    staff_permission: str = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer, and count the answer and its seconds."""
        started = perf_counter()
        response = super().dispatch(request, *args, **kwargs)
        match = request.resolver_match
        endpoint = match.url_name if match is not None and match.url_name else "unknown"
        metrics.API_REQUEST_SECONDS.labels(endpoint).observe(perf_counter() - started)
        method = metrics.method_label(request.method)
        metrics.API_RESPONSES.labels(endpoint, method, response.status_code).inc()
        request.is_counted = True  # type: ignore[attr-defined]
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method == "POST":
            self.check_body(request)

    def check_body(self, request: Request) -> None:
        """Refuse what would not be read."""
        check_body_headers(request, settings.API_MAX_BODY_BYTES)

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


class ClassifyFileView(ApiView):
    scope = Scope.CLASSIFY
    staff_permission = "classifier.classify_file"
    parser_classes = [FileFormParser, TransactionsParser]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Look at the headers and send the file to disk before anything reads the body: to find
        the CSRF token of a session would be to read it."""
        if request.method == "POST":
            check_body_headers(request, settings.UPLOAD_MAX_BYTES, (FORM_TYPE, JSON_TYPE))
            request.upload_handlers = [TemporaryFileUploadHandler(request._request)]
        super().initial(request, *args, **kwargs)

    def check_body(self, request: Request) -> None:
        """That is done."""

    @openapi.CLASSIFY_FILE
    def post(self, request: Request) -> Response:
        """Classify the rows of a file in the background: up to 1,000,000 of them.

        The answers are a file, too; no predictions are stored. The same file sent again by the
        same caller with the same options, while its job is unfinished, is answered with that job.
        """
        caller = Caller(key_of(request), user_of(request))
        with received(request.data) as upload:
            path = Path(upload.file.temporary_file_path())
            job = submit_file(path, upload.options, caller, upload.version)
        headers = {"Location": reverse("job", args=[job.pk])}
        return Response(job_answer(job), status=HTTP_202_ACCEPTED, headers=headers)


class JobView(ApiView):
    scope = Scope.CLASSIFY
    staff_permission = "classifier.view_job"

    @openapi.JOB
    def get(self, request: Request, job_id: int) -> Response:
        """How far background work is. Keys see the jobs of files."""
        return Response(job_answer(find_job(job_id, is_staff=key_of(request) is None)))


class CancelJobView(ApiView):
    scope = Scope.CLASSIFY
    staff_permission = "classifier.view_job"

    def check_body(self, request: Request) -> None:
        """There is nothing in it."""

    @openapi.CANCEL_JOB
    def post(self, request: Request, job_id: int) -> Response:
        """End a job: at once where it waits, else within seconds. One that has ended stays so."""
        key, user = key_of(request), user_of(request)
        job = find_job(job_id, is_staff=key is None)
        if not may_manage(job, key, user):
            raise PermissionDenied("Only who sent the file may cancel its job.")
        cancel(job, user)
        return Response(job_answer(find_job(job_id, is_staff=key is None)))


class JobResultsView(ApiView):
    scope = Scope.CLASSIFY
    staff_permission = "classifier.view_job"

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """The file is of the format that was asked for when it was sent."""
        return super().perform_content_negotiation(request, force=True)

    @openapi.JOB_RESULTS
    def get(self, request: Request, job_id: int) -> HttpResponseBase:
        """The answers to a file, in its order, whole or a part by `Range`."""
        results = find_results(find_job(job_id, is_staff=key_of(request) is None))
        response = file_response(
            request, results.open, results.size, results.sha256, results.media_type
        )
        response.headers["Content-Disposition"] = f'attachment; filename="{results.filename}"'
        return response

    head = get


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
        """Store what people said of 1 to 1,000 predictions, all or none.

        What was said before as it stands is answered with the row that there is: 200 where
        nothing is new.
        """
        items = read_feedback(request.data)
        recorded = record_feedback(items, key_of(request), user_of(request))
        return Response(
            {"feedback": [wire.feedback_json(row) for row in recorded.rows]},
            status=HTTP_201_CREATED if recorded.is_any_new else HTTP_200_OK,
        )


class UserCategoriesView(ApiView):
    scope = Scope.FEEDBACK
    staff_permission = "classifier.delete_personalcategory"

    @openapi.ERASE_USER_CATEGORIES
    def delete(self, request: Request, user_id: str) -> Response:
        """Forget what an account holder calls texts and merchants. Again is no error."""
        count = erase(user_id, by=user_of(request), api_key=key_of(request))
        return Response({"erased": count})
