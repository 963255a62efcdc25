"""The page “Try it”: paste descriptors, see what the engine would answer, and why."""

from dataclasses import asdict
from operator import itemgetter
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from classifier.admin import descriptions
from classifier.admin.cells import LEVEL_VARIANTS, NOTHING, confidence, figure, path_of
from classifier.admin.segments import segments
from classifier.countries import COUNTRIES
from classifier.exceptions import NoEngineError
from classifier.models.choices import AnnotatorChoices, FlowChoices, LevelChoices, ReasonChoices
from classifier.models.example import MAX_DESCRIPTION
from classifier.services.trials import Trial, TrialRun, try_descriptors

MAX_LINES = 100


class TryItForm(forms.Form):
    descriptors = forms.CharField(
        label="Descriptors, one a line",
        widget=UnfoldAdminTextareaWidget(
            attrs={
                "rows": 6,
                "autofocus": True,
                "spellcheck": "false",
                "aria-describedby": "limits",
            }
        ),
        error_messages={"required": "Enter a descriptor, as the bank prints it."},
    )
    direction = forms.ChoiceField(
        choices=[("", "Not known"), *FlowChoices.choices],
        required=False,
        widget=UnfoldAdminSelectWidget(),
    )

    country = forms.ChoiceField(
        label="Where the payer is at home",
        choices=[("", "Not known"), *sorted(COUNTRIES.items(), key=itemgetter(1))],
        required=False,
        widget=UnfoldAdminSelectWidget(),
    )

    def clean_descriptors(self) -> list[str]:
        lines = self.cleaned_data["descriptors"].splitlines()
        descriptors = [line.strip() for line in lines if line.strip()]
        if len(descriptors) > MAX_LINES:
            raise forms.ValidationError(
                f"{len(descriptors)} lines: {MAX_LINES} at a time. For a file there is the "
                "page “Classify a file”."
            )
        for number, descriptor in enumerate(descriptors, start=1):
            if len(descriptor) > MAX_DESCRIPTION:
                raise forms.ValidationError(
                    f"Line {number} has {len(descriptor)} characters; {MAX_DESCRIPTION} at most."
                )
        return descriptors


@require_http_methods(["GET", "POST"])
def try_it(request: HttpRequest) -> HttpResponse:
    """Show the form and, on POST, the answers. Records nothing."""
    if not request.user.has_perm("classifier.view_prediction"):
        raise PermissionDenied
    form = TryItForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Try it",
        "form": form,
        "max_lines": MAX_LINES,
    }
    if form.is_bound and form.is_valid():
        try:
            asked = form.cleaned_data
            run = try_descriptors(asked["descriptors"], asked["direction"], asked["country"])
        except NoEngineError as error:
            context["no_engine"] = str(error)
        else:
            context["run"] = _shown(run)
    return TemplateResponse(request, "classifier/admin/try_it.html", context)


def _shown(run: TrialRun) -> dict[str, Any]:
    timings = run.timings
    return {
        "version": run.version,
        "stages": [
            ("Tokenize", f"{timings.tokenize_ms:.1f} ms"),
            ("Encode", f"{timings.encode_ms:.1f} ms"),
            ("Decide", f"{timings.decide_ms:.1f} ms"),
        ],
        "trials": [_shown_trial(trial) for trial in run.trials],
    }


def _said(trial: Trial) -> list[tuple[str, str]]:
    """What the descriptor says, in words; nothing of what it does not say."""
    descriptor, match = trial.descriptor, trial.decision.merchant
    said = {
        "processor": descriptor.processor,
        "channel": descriptor.channel.value if descriptor.channel else "",
        "location": asdict(descriptor.location),
        "is_recurring": descriptor.is_recurring,
    }
    named = f"{match.merchant.name} ({confidence(match.confidence)} sure)" if match else ""
    rows = [
        ("Merchant", named),
        ("Sold there", descriptions.evidence_in_words(trial.evidence, is_named=match is not None)),
        ("Paid through", descriptions.processor(said)),
        ("How", descriptions.channel(said)),
        ("Where", descriptions.place(said)),
        ("Recurring", descriptions.recurring(said)),
    ]
    return [(name, value) for name, value in rows if value and value != NOTHING]


def _shown_trial(trial: Trial) -> dict[str, Any]:
    decision = trial.decision
    category, primary = decision.category, decision.primary
    return {
        "segments": segments(trial.descriptor, trial.merchant_span),
        "said": _said(trial),
        "canonical_text": decision.canonical_text,
        "category": path_of(category) if category else "",
        "primary": f"{primary.name} in any case: {confidence(primary.confidence)} sure"
        if primary
        else "",
        "reason": str(ReasonChoices(decision.reason.value).label) if decision.reason else "",
        "level": str(LevelChoices(decision.level.value).label),
        "variant": LEVEL_VARIANTS[decision.level.value],
        "annotator": ""
        if trial.annotator is AnnotatorChoices.MODEL
        else str(trial.annotator.label),
        "is_cached": decision.is_cached,
        "figures": [
            ("Confidence", confidence(decision.confidence)),
            ("Score", figure(decision.score)),
            ("Margin", figure(decision.margin)),
        ],
        "alternatives": [
            (path_of(other.category), figure(other.score)) for other in decision.alternatives
        ],
        "neighbors": [
            (
                near.text,
                path_of(near.category),
                figure(near.similarity),
            )
            for near in trial.neighbors
        ],
    }
