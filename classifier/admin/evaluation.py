"""The evaluation of a version: what it says of its own examples, beside others, and live."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.cache import patch_cache_control
from django.utils.timezone import make_aware
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from classifier.admin.cells import change_url
from classifier.admin.evaluation_tables import evaluation_shown, live_table
from classifier.admin.promotions import PromotionAdmin
from classifier.exceptions import BundleError
from classifier.models import ModelVersion, VersionPicture
from classifier.services.evaluations import (
    compare_on_examples,
    marked,
    pictures_of,
    preview_precision,
    report_of,
)
from classifier.services.live_accuracy import live_accuracy
from classifier.services.policy import learning_policy, set_precision_target
from classifier.services.versions import find_version

SAVE = "classifier.set_precision_target"
# Nothing in it may load anything, should somebody open the picture by itself.
PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
PICTURE_SECONDS = 300


class EvaluationForm(forms.Form):
    """What is asked of the page: another version beside it, a precision, since when."""

    precision = forms.FloatField(
        label="Precision wanted of the answers given, in percent",
        min_value=50,
        max_value=99.9,
        required=False,
        widget=UnfoldAdminDecimalFieldWidget(
            attrs={"min": 50, "max": 99.9, "step": "any", "inputmode": "decimal"}
        ),
    )
    since = forms.DateField(
        label="Predictions since",
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
    )

    def __init__(self, version: ModelVersion, data: Any) -> None:
        super().__init__(data)
        others = ModelVersion.objects.exclude(pk=version.pk).values_list("name", flat=True)
        # A word of Python, so that it cannot stand above.
        self.fields["with"] = forms.ChoiceField(
            label="Compare with",
            choices=[("", "No other version"), *((name, name) for name in others)],
            required=False,
            widget=UnfoldAdminSelectWidget(),
        )

    def wanted(self) -> float | None:
        """The precision as a share."""
        precision: float | None = self.cleaned_data.get("precision")
        return None if precision is None else round(precision / 100, 6)


class EvaluationAdmin(PromotionAdmin):
    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<path:object_id>/evaluation/<str:kind>-<str:theme>.svg",
            self.admin_site.admin_view(self.picture),
            name="classifier_modelversion_picture",
        )
        urls: list[URLPattern] = super().get_urls()
        return [own, *urls]

    @action(  # type: ignore[untyped-decorator]
        description="Evaluation", url_path="evaluation", permissions=["view"], icon="monitoring"
    )
    def evaluation(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show; a POST saves the precision that was shown."""
        version = self._seen_version(request, object_id)
        if request.method == "POST":
            return self._save_target(request, version)
        form = EvaluationForm(version, request.GET)
        is_valid = form.is_valid()
        context = {
            **self.admin_site.each_context(request),
            "title": f"Evaluation of {version}",
            "opts": self.opts,
            "own_title": f"{version} on its own examples",
            "original": version,
            "form": form,
            "kept": {name: request.GET.get(name, "") for name in form.fields},
            "target": _shown(learning_policy().precision_target),
            "may_save": request.user.has_perm(SAVE),
            "back_url": change_url(version),
            "live": live_table(live_accuracy(version, _midnight(form.cleaned_data.get("since")))),
        }
        try:
            context |= self._judged(request, version, form if is_valid else None)
        except BundleError as error:
            context["refusal"] = f"{version} cannot be read: {error}"
        return TemplateResponse(request, "classifier/admin/version_evaluation.html", context)

    def picture(self, request: HttpRequest, object_id: str, kind: str, theme: str) -> HttpResponse:
        """One picture as a file; the risk-coverage curve with a mark where a precision is asked."""
        version = self._seen_version(request, object_id)
        is_known = kind in VersionPicture.Kind and theme in VersionPicture.Theme
        rows = VersionPicture.objects.filter(version=version, kind=kind, theme=theme)
        row = rows.first() if is_known else None
        if row is None:
            raise Http404("There is no such picture.")
        svg, form = row.svg, EvaluationForm(version, request.GET)
        form.is_valid()
        wanted = form.wanted()
        if wanted is not None and kind == VersionPicture.Kind.RISK_COVERAGE:
            try:
                report = report_of(version)
            except BundleError as error:
                raise Http404(str(error)) from error
            svg = marked(svg, report, wanted) if report is not None else svg
        response = HttpResponse(svg, content_type="image/svg+xml")
        response["Content-Security-Policy"] = PICTURE_POLICY
        patch_cache_control(response, private=True, max_age=PICTURE_SECONDS)
        return response

    def _judged(
        self, request: HttpRequest, version: ModelVersion, form: EvaluationForm | None
    ) -> dict[str, Any]:
        """What is said of its examples, and what `form` asks. Raises BundleError."""
        report = report_of(version)
        if report is None:
            return {
                "refusal": f"{version} was built before versions kept what they say of their own "
                "examples: build a new one to evaluate it."
            }
        wanted = form.wanted() if form else None
        shown: dict[str, Any] = {
            "report": evaluation_shown(
                version, report, with_texts=request.user.has_perm("classifier.view_example")
            ),
            "pictures": _pictures(version, wanted),
        }
        if wanted is not None:
            shown["wanted"] = _shown(wanted)
            shown["preview"] = preview_precision(report, wanted).words
        other = form.cleaned_data.get("with") if form else None
        if other:
            shown["comparison"] = _compared(version, find_version(other))
        return shown

    def _save_target(self, request: HttpRequest, version: ModelVersion) -> HttpResponse:
        if not request.user.has_perm(SAVE):
            raise PermissionDenied
        form = EvaluationForm(version, request.POST)
        url = reverse("admin:classifier_modelversion_evaluation", args=[version.pk])
        if not form.is_valid():
            said = " ".join(str(error) for errors in form.errors.values() for error in errors)
            self.message_user(request, f"Not saved. {said}", messages.ERROR)
            return HttpResponseRedirect(url)
        wanted = form.wanted()
        is_new = set_precision_target(wanted, by=request.user)  # type: ignore[arg-type]
        said = (
            "The next version abstains by the installation's own bound"
            if wanted is None
            else f"The next version is built to keep a precision of {_shown(wanted)}%"
        )
        self.message_user(request, f"{said}{'' if is_new else ', as before'}.", messages.SUCCESS)
        return HttpResponseRedirect(url)


def _compared(version: ModelVersion, other: ModelVersion) -> str:
    try:
        return compare_on_examples(version, other)
    except BundleError as error:
        return f"{other} cannot be read: {error}"


def _pictures(version: ModelVersion, wanted: float | None) -> list[dict[str, Any]]:
    """Of each kind that is drawn, the addresses of both themes."""
    query = {"precision": _shown(wanted)} if wanted is not None else None
    drawn = pictures_of(version)
    return [
        {
            "kind": kind.value,
            "title": kind.label,
            "description": drawn[kind].description,
            "urls": [
                (
                    theme.value,
                    reverse(
                        "admin:classifier_modelversion_picture",
                        args=[version.pk, kind.value, theme.value],
                        query=query if kind is VersionPicture.Kind.RISK_COVERAGE else None,
                    ),
                )
                for theme in VersionPicture.Theme
            ],
        }
        for kind in VersionPicture.Kind
        if kind in drawn
    ]


def _shown(share: float | None) -> str:
    """In percent, as a form has it; empty for None."""
    return "" if share is None else f"{100 * share:g}"


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else make_aware(datetime.combine(day, time.min))
