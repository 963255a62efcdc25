"""The learning policy: one row, which opens as a form."""

from django.contrib import admin

from classifier.admin.single_row import SingleRowAdmin
from classifier.models import LearningPolicy


@admin.register(LearningPolicy)
class LearningPolicyAdmin(SingleRowAdmin):
    fields = ("auto_accept_users", "is_self_activating")
