"""The form of an analyst's own merchant."""

import re
from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from classifier.models import Merchant, MerchantTag


class ListField(forms.CharField):
    """A list of texts, written with `separator` between them."""

    def __init__(self, *, separator: str, split: Callable[[str], list[str]], **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.separator = separator
        self.split = split

    def prepare_value(self, value: Any) -> Any:
        return self.separator.join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        return self.split(super().clean(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.split(self.prepare_value(initial) or "") != self.split(data or "")


class TagInput(UnfoldAdminTextInputWidget):  # type: ignore[misc]
    """A text field that offers the tags there are, with what they mean."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        choices = f"{name}-choices"
        tags = MerchantTag.objects.values_list("tag", "words")
        return format_html(
            '{}<datalist id="{}">{}</datalist>',
            super().render(name, value, {**(attrs or {}), "list": choices}, renderer),
            choices,
            format_html_join("", '<option value="{}">{}</option>', tags),
        )


class MerchantForm(forms.ModelForm[Merchant]):
    aliases = ListField(
        separator="\n",
        split=str.splitlines,
        label="Further names",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false"}),
        help_text="As banks print them, one a line.",
    )
    countries = ListField(
        separator=" ",
        split=lambda text: re.split(r"[\s,;]+", text.strip()) if text.strip() else [],
        max_length=1000,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Two-letter codes with a space between, such as de at ch. Empty: anywhere.",
    )

    class Meta:
        widgets = {"tag": TagInput()}
        labels = {"tag": "Kind"}
        help_texts = {
            "tag": "What is bought there, such as shop=bakery. Type to be offered those there are."
        }
