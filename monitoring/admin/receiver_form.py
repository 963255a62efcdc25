"""The form of a receiver: what its kind needs, tried before it is saved."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldBooleanSwitchWidget

from monitoring.models import Receiver
from monitoring.services.receivers import new_secret, problems_of

EMAIL = Receiver.Kind.EMAIL
# What the form calls the field that a problem is of.
FORM_FIELDS = {"secret": "given_secret"}


class WebAddressField(forms.URLField):
    """One without a scheme is of https; Django's own will be so from 6.0 on."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"assume_scheme": "https", **kwargs})


class ReceiverForm(forms.ModelForm[Receiver]):
    """The secret goes in and never comes out again."""

    given_secret = forms.CharField(
        label="Secret",
        max_length=200,
        required=False,
        strip=True,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="What webhooks are signed with, 16 characters at least. It is not shown again.",
    )
    is_secret_made = forms.BooleanField(
        label="Make a secret",
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        help_text="A new one, shown once after saving.",
    )

    class Meta:
        model = Receiver
        fields = (
            "name", "kind", "is_enabled", "addresses", "url", "minimum_severity",
            "sends_resolved", "group_wait_seconds", "repeat_minutes",
        )  # fmt: skip
        field_classes = {"url": WebAddressField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.secret and "given_secret" in self.fields:
            self.fields["given_secret"].help_text = "One is kept. Leave this empty to keep it."

    def clean(self) -> dict[str, Any] | None:
        said = super().clean() or self.cleaned_data
        if said.get("given_secret") and said.get("is_secret_made"):
            self.add_error("is_secret_made", "Give one, or have one made: not both.")
        return said

    def _post_clean(self) -> None:
        """What its kind does not use is emptied; the rest is tried, unless it is switched off. What
        is wrong already is not told twice."""
        super()._post_clean()  # type: ignore[misc]
        receiver, said = self.instance, self.cleaned_data
        if "kind" not in said:
            return
        if said["kind"] == EMAIL:
            receiver.url = receiver.secret = ""
        else:
            receiver.addresses = ""
            if said.get("is_secret_made"):
                receiver.secret = new_secret()
            elif said.get("given_secret"):
                receiver.secret = said["given_secret"]
        if receiver.is_enabled:
            for field, problem in problems_of(receiver).items():
                name = FORM_FIELDS.get(field, field)
                if name not in self.errors:
                    self.add_error(name, problem)
