"""The report page: of an experiment the newest analysis, and of each older one its own."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action

from classifier.admin.cells import change_url
from experiments.admin.cells import VERDICT_VARIANTS, unit_of
from experiments.admin.promotion import PromotionAdmin
from experiments.admin.report_charts import charts_of
from experiments.admin.report_tables import arms_table, guardrail_table, health_table, metric_table
from experiments.admin.timeline import alerts_table, timeline_of
from experiments.models import Analysis, Experiment
from experiments.models.experiment import MethodChoices

TEMPLATE = "experiments/admin/report.html"


class ReportAdmin(PromotionAdmin):
    """The button and the page behind it."""

    @action(  # type: ignore[untyped-decorator]
        description="Report", url_path="report", permissions=["view"], icon="lab_profile"
    )
    def report(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The newest analysis, with what happened until now."""
        experiment = self._seen(request, object_id)
        newest = experiment.analyses.select_related("by").first()
        context = {
            **self.admin_site.each_context(request),
            "title": f"Report of {experiment}",
            "opts": self.opts,
            "original": experiment,
            "back_url": change_url(experiment),
            "events": timeline_of(experiment),
            "alerts": alerts_table(experiment),
        }
        if newest is not None:
            context |= report_of(newest)
            context["is_final_awaited"] = newest.is_outdated_by_stop
        return TemplateResponse(request, TEMPLATE, context)


def report_url(experiment: Experiment) -> str:
    return reverse("admin:experiments_experiment_report", args=[experiment.pk])


def report_of(analysis: Analysis) -> dict[str, Any]:
    """All of one analysis, by the names that the page gives. Nothing in it changes later."""
    report, experiment = analysis.report, analysis.experiment
    until = experiment.analyses.filter(pk__lte=analysis.pk).order_by("id")
    history = list(until.values_list("created_at", "report__primary"))
    guarded = [each.metric for each in experiment.guardrails.select_related("metric")]
    look, unassigned = report["look"], report["unassigned"]["exposures"]
    return {
        "analysis": analysis,
        "experiment": experiment,
        "verdict": {
            "word": analysis.get_verdict_display(),
            "variant": VERDICT_VARIANTS[analysis.verdict],
            "sentences": report["verdict"]["sentences"],
            "winner": report["verdict"]["winner"],
            "days_left": report["verdict"]["days_left"],
        },
        "facts": [
            ("Analysed", analysis.created_at),
            ("By", analysis.by or "the program"),
            ("Days run", f"{report['days']:.1f}"),
            ("Method", MethodChoices(report["method"]).label),
            *([("Look", _look_shown(look))] if look else []),
            ("Level of the tests", f"{100 * report['alpha']:g}%"),
            *_units_needed(analysis),
            *([("Exposures without a user", f"{unassigned:,}")] if unassigned else []),
        ],
        "primary": metric_table(report["primary"]),
        "secondary": [metric_table(metric) for metric in report["secondary"]],
        "health": health_table(report),
        "guardrails": guardrail_table(report, {metric.key: unit_of(metric) for metric in guarded}),
        "arms": arms_table(report),
        "charts": charts_of(report, history),
        "exports": [
            (name, reverse("admin:experiments_analysis_export", args=[analysis.pk, form]))
            for name, form in (("JSON", "json"), ("CSV", "csv"))
        ],
    }


def _units_needed(analysis: Analysis) -> list[tuple[str, str]]:
    """In each variant: the number frozen at the start, and what is needed after all, by how the
    metric varied since."""
    report, planned = analysis.report, analysis.experiment.planned_units
    # Where nothing can be said of what is left, the report repeats the plan.
    measured = report["units_needed"] if report["units_left"] is not None else None
    return [
        (f"Units needed in each variant, {source}", f"{units:,}" if units else "not known")
        for source, units in (("as planned", planned), ("as measured", measured))
    ]


def _look_shown(look: dict[str, Any]) -> str:
    of = f"{look['number']} of {look['planned']}"
    return of if look["is_due"] else f"{of}: the next is not due yet"
