"""Encoders, as they were measured."""

from django.contrib import admin
from django.template.defaultfilters import filesizeformat

from classifier.admin.base import ReadOnlyAdmin
from classifier.models import Encoder


@admin.register(Encoder)
class EncoderAdmin(ReadOnlyAdmin):
    list_display = ("name", "precision", "size", "dimension", "parity", "created_at")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("name", "precision"),
                    ("size", "dimension"),
                    ("max_tokens", "created_at"),
                )
            },
        ),
        (
            "Compared with the original model",
            {
                "fields": (
                    ("parity_texts", "batch_invariant"),
                    ("parity_min_cosine", "parity_max_difference"),
                )
            },
        ),
        ("Files", {"fields": ("digest", "source_digest", "manifest_digest")}),
    )
    readonly_fields = ("size",)

    @admin.display(description="size", ordering="size_bytes")
    def size(self, encoder: Encoder) -> str:
        return filesizeformat(encoder.size_bytes)

    @admin.display(description="parity")
    def parity(self, encoder: Encoder) -> str:
        if encoder.parity_min_cosine is None:
            return "not compared here"
        return f"cosine ≥ {encoder.parity_min_cosine:.6f} on {encoder.parity_texts} texts"
