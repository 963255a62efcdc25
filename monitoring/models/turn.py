from django.db import models


class Turn(models.Model):
    """Work that one process does at a time, whoever takes it: due at a moment, held by a token.

    See `monitoring.services.turns`.
    """

    name = models.CharField(max_length=40, unique=True)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    token = models.UUIDField(null=True)
    holder = models.CharField(max_length=240, blank=True)
    taken_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    done_until = models.DateTimeField(
        null=True, help_text="Of work that goes through time: how far it has come."
    )

    def __str__(self) -> str:
        return self.name
