"""The power calculator: as a card of a page, and beside the form before anything is saved."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from classifier.admin.base import Admin
from experiments.admin.cells import share, unit_of, value_shown
from experiments.models import Experiment, Metric
from experiments.models.experiment import MethodChoices, SplitChoices
from experiments.services.planning import Plan, Question, plan


class PlanForm(forms.Form):
    """Of the form of an experiment, what the calculator needs."""

    primary_metric = forms.ModelChoiceField(Metric.objects.all())
    split = forms.ChoiceField(choices=SplitChoices.choices)
    method = forms.ChoiceField(choices=MethodChoices.choices)
    traffic_share = forms.FloatField(min_value=0.0001, max_value=1)
    expected_effect = forms.FloatField(
        label="Smallest effect of interest", min_value=0.0001, max_value=10
    )
    looks = forms.IntegerField(min_value=2, max_value=20, required=False)

    def question(self, weights: tuple[float, ...]) -> Question:
        said = self.cleaned_data
        return Question(
            metric=said["primary_metric"],
            split=said["split"],
            method=said["method"],
            share=said["traffic_share"],
            effect=said["expected_effect"],
            weights=weights,
            looks=said["looks"] or Experiment._meta.get_field("looks").get_default(),
        )


class PlanAdmin(Admin):
    """The answer to the button of the form."""

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "plan/", self.admin_site.admin_view(self.plan), name="experiments_experiment_plan"
        )
        urls: list[URLPattern] = super().get_urls()
        return [own, *urls]

    def plan(self, request: HttpRequest) -> HttpResponse:
        """By what the form holds. Nothing is saved."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = PlanForm(request.GET)
        context: dict[str, Any] = {"form": form}
        if form.is_valid():
            metric = form.cleaned_data["primary_metric"]
            context["plan"] = plan_shown(plan(form.question(_weights(request))), metric)
        return TemplateResponse(request, "experiments/admin/plan_preview.html", context)


def plan_shown(found: Plan, metric: Metric) -> dict[str, Any]:
    """The figures, then sentences; where nothing can be said, the sentences say why."""
    figures = []
    if found.baseline is not None:
        figures.append((f"{metric} now", value_shown(found.baseline, unit_of(metric))))
    if found.units is not None:
        figures.append(("Units needed in each variant", f"{found.units:,}"))
        days = "never" if found.days is None else f"{found.days:,}"
        figures.append(("Days at the present traffic", days))
    return {"figures": figures, "sentences": found.sentences, "is_known": found.units is not None}


def facts_of(experiment: Experiment) -> list[tuple[str, str]]:
    """What is compared, in a list of names and values."""
    variants = experiment.variants.select_related("version")
    return [
        *(
            (
                f"{variant.key} (control)" if variant.is_control else variant.key,
                f"version {variant.version}, {share(variant.weight)}",
            )
            for variant in variants
        ),
        ("Split", str(experiment.get_split_display())),
        ("Share of traffic", share(experiment.traffic_share)),
        ("Method", str(experiment.get_method_display())),
        ("Primary metric", str(experiment.primary_metric)),
        ("Smallest effect of interest", f"{share(experiment.expected_effect)} of the control"),
        ("Days", f"{experiment.min_days} to {experiment.max_days}"),
        (
            "Guard rails",
            ", ".join(map(str, experiment.guardrails.select_related("metric"))) or "none",
        ),
    ]


def _weights(request: HttpRequest) -> tuple[float, ...]:
    """Of the variants in the form, those that can be read as such."""
    found = []
    for name, value in request.GET.dict().items():
        if name.startswith("variants-") and name.endswith("-weight"):
            try:
                weight = float(str(value))
            except ValueError:
                continue
            if 0 < weight < 1:
                found.append(weight)
    return tuple(found)
