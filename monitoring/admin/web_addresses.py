"""The field of a web address in this admin's forms."""

from typing import Any

from django import forms


class WebAddressField(forms.URLField):
    """One without a scheme is of https; Django's own will be so from 6.0 on."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"assume_scheme": "https", **kwargs})
