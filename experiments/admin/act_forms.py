"""What the buttons of an experiment ask before they act."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextInputWidget,
)

from classifier.models import ModelVersion
from classifier.models.version import MAX_REASON as MAX_OVERRIDE
from classifier.services.activations import key_in_force
from experiments.models import Experiment, Variant
from experiments.services.timeline import MAX_REASON

MAX_UNITS = 2**31 - 1
# The way up, in percent.
RAMP = (1, 5, 25, 50, 100)
OTHER = "other"


class ActForm(forms.Form):
    """Why something is done."""

    reason = forms.CharField(
        max_length=MAX_REASON,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autofocus": True}),
        help_text="Kept in the timeline, for whoever asks later.",
    )


class StartForm(ActForm):
    planned_units = forms.IntegerField(
        label="Units needed in each variant",
        min_value=1,
        max_value=MAX_UNITS,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text="What the analysis plans with; as calculated, where it can be. It is frozen at "
        "the start.",
    )
    field_order = ("planned_units", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The page is read from its top, where it says what is compared.
        self.fields["reason"].widget.attrs.pop("autofocus")


class ShareForm(ActForm):
    """A share of traffic, in percent: a usual one or another."""

    usual = forms.ChoiceField(
        label="Share of traffic",
        choices=[*((str(percent), f"{percent}%") for percent in RAMP), (OTHER, "Another")],
        widget=UnfoldAdminRadioSelectWidget(),
    )
    other = forms.FloatField(
        label="Another share, in percent",
        required=False,
        min_value=0.01,
        max_value=100,
        widget=UnfoldAdminDecimalFieldWidget(attrs={"step": "any", "inputmode": "decimal"}),
    )
    field_order = ("usual", "other", "reason")

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if "other" in self.errors or "usual" not in said:
            return said
        if said["usual"] == OTHER and said.get("other") is None:
            self.add_error("other", "Say how many percent.")
        elif said["usual"] != OTHER and said.get("other") is not None:
            self.add_error("other", "Choose “Another” for this, or leave it empty.")
        return said

    @property
    def share(self) -> float:
        """Of [0, 1]. Only of a form that is valid."""
        said = self.cleaned_data
        percent = said["other"] if said["usual"] == OTHER else float(said["usual"])
        return round(percent / 100, 6)


class PromoteForm(ActForm):
    """Which variant wins. `seen` is the Activation in force when that was decided;
    `override_reason` is asked of who may override missed targets."""

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput, initial=key_in_force)
    variant = forms.ModelChoiceField(
        queryset=Variant.objects.none(), widget=UnfoldAdminRadioSelectWidget(), empty_label=None
    )
    override_reason = forms.CharField(
        label="Why it goes live although it misses targets",
        max_length=MAX_OVERRIDE,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Kept with the activation, beside the targets that are missed.",
    )
    field_order = ("variant", "reason", "override_reason")

    def __init__(
        self, experiment: Experiment, may_override: bool, winner: str | None, data: Any
    ) -> None:
        super().__init__(data)
        field = self.fields["variant"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101
        field.queryset = promotable(experiment)
        field.label_from_instance = _with_version  # type: ignore[method-assign,assignment]
        field.initial = field.queryset.filter(key=winner).values_list("pk", flat=True).first()
        if not may_override:
            del self.fields["override_reason"]


def promotable(experiment: Experiment) -> Any:
    """The variants whose version does not serve already."""
    active = ModelVersion.Status.ACTIVE
    return experiment.variants.exclude(version__status=active).select_related("version")


def _with_version(variant: Variant) -> str:
    return f"{variant.key}: version {variant.version}"
