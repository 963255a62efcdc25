from django.core.exceptions import ValidationError
from django.db import models
from rest_framework_api_key.models import AbstractAPIKey


class Scope(models.TextChoices):
    CLASSIFY = "classify", "Classify transactions and read predictions"
    FEEDBACK = "feedback", "Give feedback"
    CURATE = "curate", "Add examples"
    METRICS = "metrics", "Read metrics"


def default_scopes() -> list[str]:
    return [Scope.CLASSIFY.value, Scope.FEEDBACK.value]


class ApiKey(AbstractAPIKey):
    """A program's key: kept as a hash, with what it may do."""

    scopes = models.JSONField(default=default_scopes)
    last_used_at = models.DateTimeField(null=True, editable=False)

    class Meta(AbstractAPIKey.Meta):
        verbose_name = "API key"
        verbose_name_plural = "API keys"

    def clean(self) -> None:
        super().clean()
        unknown = set(self.scopes) - set(Scope.values)
        if unknown:
            raise ValidationError({"scopes": f"Unknown: {', '.join(sorted(unknown))}."})

    def allows(self, scope: Scope) -> bool:
        return scope.value in self.scopes
