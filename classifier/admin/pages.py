"""Pages that belong to no model."""

from django.contrib import admin
from django.urls import URLPattern, path

from classifier.admin.classify_file import classify_file
from classifier.admin.feedback_inbox import feedback_inbox
from classifier.admin.review_queue import review_queue
from classifier.admin.try_it import try_it
from classifier.admin.unrecognized import unrecognized_merchants


def urls() -> list[URLPattern]:
    wrap = admin.site.admin_view
    return [
        path("try-it/", wrap(try_it), name="try_it"),
        path("classify-file/", wrap(classify_file), name="classify_file"),
        path("feedback-inbox/", wrap(feedback_inbox), name="feedback_inbox"),
        path("review-queue/", wrap(review_queue), name="review_queue"),
        path(
            "unrecognized-merchants/", wrap(unrecognized_merchants), name="unrecognized_merchants"
        ),
    ]


# Unfold's site asks itself for them.
admin.site.extra_urls = urls  # type: ignore[attr-defined]
