"""Names, for a screen reader, of fields that a page shows without a label of their own."""

from django import forms


def name_by_label(form: "forms.BaseForm") -> None:
    """For a row of a table, whose labels stand only in its head."""
    for field in form.fields.values():
        field.widget.attrs["aria-label"] = field.label


def name_moment(field: forms.Field, moment: str) -> None:
    """For a date and a time in two inputs, which one label cannot name."""
    assert isinstance(field.widget, forms.MultiWidget)  # noqa: S101
    for widget, part in zip(field.widget.widgets, ("date", "time"), strict=True):
        widget.attrs["aria-label"] = f"{moment} {part}"
