"""The REST API of experiments: read only."""

from rest_framework.request import Request
from rest_framework.response import Response

from classifier.permissions import Scope
from classifier.views import ApiView
from experiments import openapi
from experiments.serializers import ResultsQuerySerializer
from experiments.services.results import find_analysis, results_json


class ResultsView(ApiView):
    scope = Scope.METRICS
    staff_permission = "experiments.view_experiment"

    @openapi.RESULTS
    def get(self, request: Request, key: str) -> Response:
        """What an experiment said when it was last analysed, or at an earlier analysis.

        A frozen snapshot: the same number gives the same answer for ever.
        """
        asked = ResultsQuerySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        return Response(results_json(find_analysis(key, asked.validated_data.get("at"))))
