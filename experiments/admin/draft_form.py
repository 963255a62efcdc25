"""The form of an experiment before its start: all that is wrong is said, then nothing is stored."""

from collections import Counter
from typing import Any

from django import forms
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminTextareaWidget,
)

from classifier.admin.base import Inline
from classifier.admin.names import name_by_label
from classifier.models import ModelVersion
from classifier.services.activations import put_aside
from experiments.models import Experiment, Guardrail, Variant
from experiments.models.experiment import BLOCK_MINUTES, MethodChoices, SplitChoices
from experiments.services.readiness import problems_of

EMPTY = "---------"
BLOCKS = [(minutes, f"{minutes} minutes") for minutes in BLOCK_MINUTES]
FIELDS = (
    "key", "hypothesis", "owner", "salt", "split", "block_minutes", "traffic_share", "method",
    "looks", "primary_metric", "secondary_metrics", "expected_effect", "min_days", "max_days",
    "feedback_days",
)  # fmt: skip


class DraftForm(forms.ModelForm[Experiment]):
    """Blocks are of a split by time alone, looks of the group-sequential method alone: elsewhere
    their fields are empty."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        experiment = self.instance
        for name, is_asked in (
            ("block_minutes", experiment.split == SplitChoices.TIME),
            ("looks", experiment.method == MethodChoices.GROUP_SEQUENTIAL),
        ):
            if name in self.fields:
                field = self.fields[name]
                field.required = False
                if isinstance(field, forms.TypedChoiceField):
                    field.choices = [("", EMPTY), *BLOCKS]
                if experiment.pk is None or not is_asked:
                    self.initial[name] = None

    class Meta:
        model = Experiment
        fields = FIELDS
        widgets = {
            "hypothesis": UnfoldAdminTextareaWidget(attrs={"rows": 3}),
            "secondary_metrics": UnfoldAdminCheckboxSelectMultipleWidget(),
        }
        help_texts = {"secondary_metrics": "They are told beside it, and decide nothing."}

    def clean_salt(self) -> str:
        salt: str = self.cleaned_data["salt"]
        other = Experiment.objects.filter(salt=salt).exclude(pk=self.instance.pk).first()
        if other is not None:
            raise forms.ValidationError(
                f"{other} has this salt: the same units would come together again."
            )
        return salt

    def clean(self) -> dict[str, Any] | None:
        said = super().clean() or self.cleaned_data
        self._clean_part_of(
            "block_minutes",
            said.get("split") == SplitChoices.TIME,
            "Say how long a block is.",
            "Only a split by time has blocks: leave it empty.",
        )
        self._clean_part_of(
            "looks",
            said.get("method") == MethodChoices.GROUP_SEQUENTIAL,
            "Say how many looks are planned.",
            "Only a group-sequential experiment plans its looks: leave it empty.",
        )
        least, greatest = said.get("min_days"), said.get("max_days")
        if least is not None and greatest is not None and least > greatest:
            self.add_error("min_days", f"{least} days are more than the greatest, {greatest}.")
        primary, others = said.get("primary_metric"), said.get("secondary_metrics")
        if primary is not None and others is not None and primary in others:
            self.add_error("secondary_metrics", f"{primary} is the primary metric already.")
        return said

    def _clean_part_of(self, name: str, is_asked: bool, missing: str, unasked: str) -> None:
        if name not in self.fields or name in self.errors:
            return
        value = self.cleaned_data.get(name)
        if is_asked and not value:
            self.add_error(name, missing)
        elif not is_asked and value:
            self.add_error(name, unasked)
        elif not value:
            self.cleaned_data[name] = getattr(Experiment(), name)


class StartedForm(forms.ModelForm[Experiment]):
    """What stays open once an experiment has started."""

    class Meta:
        model = Experiment
        fields = ("hypothesis", "owner")
        widgets = {"hypothesis": UnfoldAdminTextareaWidget(attrs={"rows": 3})}


class VariantFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    def clean(self) -> None:
        """The variants as they belong together."""
        if any(self.errors) or not is_draft(self.instance):
            return
        variants = [form.instance for form in self.forms if _is_kept(self, form)]
        found = [
            f"More than one variant is called {key}." for key in _twice(v.key for v in variants)
        ]
        found += problems_of(variants, self.instance.split)
        if found:
            raise forms.ValidationError(found)


class GuardrailFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    def clean(self) -> None:
        if any(self.errors) or not is_draft(self.instance):
            return
        named = (form.instance.metric.name for form in self.forms if _is_kept(self, form))
        found = [f"More than one guard rail is of {name}: one a metric." for name in _twice(named)]
        if found:
            raise forms.ValidationError(found)


def _is_kept(formset: Any, form: Any) -> bool:
    is_empty = not form.has_changed() and form.instance.pk is None
    return not is_empty and not formset._should_delete_form(form)


def _twice(words: Any) -> list[str]:
    return [word for word, count in Counter(words).items() if count > 1]


def plain(field: Any) -> Any:
    """A choice of rows without the links beside it: nothing is to be made or changed from here."""
    if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
        field.widget = field.widget.widget
    return field


class RowForm(forms.ModelForm[Any]):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name_by_label(self)


class DraftInline(Inline):
    """Rows that are frozen with their experiment. All on one page: they are checked together."""

    form = RowForm
    per_page = None
    hide_title = True

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return plain(super().formfield_for_dbfield(db_field, request, **kwargs))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_draft(obj) and bool(super().has_add_permission(request, obj))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_draft(obj) and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_draft(obj) and bool(super().has_delete_permission(request, obj))


class VariantInline(DraftInline):
    model = Variant
    formset = VariantFormSet
    fields = ("key", "version", "weight", "is_control")

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        """The two that a comparison begins with."""
        return 2 if obj is None else 0

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """What was retired by hand is offered to nobody; a draft that has it keeps it in sight."""
        if db_field.name == "version":
            aside = put_aside(list(ModelVersion.objects.filter(status=ModelVersion.Status.RETIRED)))
            kept = Variant.objects.filter(
                experiment=request.resolver_match.kwargs.get("object_id")  # type: ignore[union-attr]
            ).values_list("version", flat=True)
            kwargs["queryset"] = ModelVersion.objects.exclude(pk__in=set(aside) - set(kept))
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        field.error_messages["invalid_choice"] = "This version is retired or not there any more."
        return field


class GuardrailInline(DraftInline):
    model = Guardrail
    formset = GuardrailFormSet
    fields = ("metric", "harm", "margin", "is_relative", "action", "minimum_units")
    verbose_name = "guard rail"
    verbose_name_plural = "guard rails"


def is_draft(experiment: Experiment | None) -> bool:
    return experiment is None or experiment.status == Experiment.Status.DRAFT
