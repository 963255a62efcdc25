"""What the buttons of an alert ask before they act."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from classifier.admin.names import name_moment
from monitoring.services.episodes import MAX_TEXT
from monitoring.services.silences import MAX_REASON

HOURS = {"1": "1 hour", "4": "4 hours", "24": "1 day"}
OTHER = "other"


class NothingForm(forms.Form):
    """Of an act that asks nothing."""


class AcknowledgeForm(forms.Form):
    text = forms.CharField(
        label="Comment",
        max_length=MAX_TEXT,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autofocus": True}),
        help_text="What you are about to do, for the others.",
    )


class CommentForm(forms.Form):
    text = forms.CharField(
        label="Comment",
        max_length=MAX_TEXT,
        widget=UnfoldAdminTextareaWidget(attrs={"autofocus": True, "rows": 4}),
    )


class SilenceForm(forms.Form):
    """Until when; of this label alone where the rule has labels."""

    lasts = forms.ChoiceField(
        label="For",
        choices=[*HOURS.items(), (OTHER, "Until another time")],
        initial="1",
        widget=UnfoldAdminRadioSelectWidget(),
    )
    until = forms.SplitDateTimeField(
        label="Until", required=False, widget=UnfoldAdminSplitDateTimeWidget()
    )
    scope = forms.ChoiceField(label="What", widget=UnfoldAdminRadioSelectWidget())
    reason = forms.CharField(
        max_length=MAX_REASON,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Kept with the silence, for whoever asks why nobody was told.",
    )

    def __init__(self, label: str, data: Any) -> None:
        super().__init__(data)
        name_moment(self.fields["until"], "Until")
        scope = self.fields["scope"]
        assert isinstance(scope, forms.ChoiceField)  # noqa: S101
        if label:
            scope.choices = [("label", f"{label} alone"), ("rule", "All labels of the rule")]
            scope.initial = "label"
        else:
            del self.fields["scope"]

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if "until" in self.errors or "lasts" not in said:
            return said
        if said["lasts"] == OTHER and said.get("until") is None:
            self.add_error("until", "Say until when.")
        elif said["lasts"] != OTHER and said.get("until") is not None:
            self.add_error("until", "Choose “Until another time” for this, or leave it empty.")
        return said

    def ends_at(self) -> datetime:
        """Only of a form that is valid."""
        said = self.cleaned_data
        if said["lasts"] == OTHER:
            until: datetime = said["until"]
            return until
        return timezone.now() + timedelta(hours=int(said["lasts"]))

    def is_of_all_labels(self) -> bool:
        return bool(self.cleaned_data.get("scope", "rule") == "rule")
