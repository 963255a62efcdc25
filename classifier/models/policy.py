from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from simple_history.models import HistoricalRecords


class LearningPolicy(models.Model):
    """What the program may do by itself. One row."""

    auto_accept_users = models.PositiveIntegerField(
        "accept feedback where this many users agree",
        null=True,
        blank=True,
        validators=[MinValueValidator(2)],
        help_text="And nobody disagrees: it becomes an example. Empty: a person accepts.",
    )
    is_self_activating = models.BooleanField(
        "activate by itself what was learned",
        default=False,
        help_text="Where a rebuilt version misses no performance target and the interval says that "
        "it loses less than a point of accuracy on texts that neither it nor the active one had "
        "seen. Else it waits for a person.",
    )
    precision_target = models.FloatField(
        "precision of what is answered",
        null=True,
        blank=True,
        validators=[MinValueValidator(0.5), MaxValueValidator(0.999)],
        help_text="As a share: the next version abstains where it could not keep it.",
    )
    updated_at = models.DateTimeField(auto_now=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = "learning policy"
        verbose_name_plural = "learning policy"
        permissions = [("set_precision_target", "Can set the precision of what is answered")]
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="one_row_of_learning_policy")
        ]

    def __str__(self) -> str:
        return "Learning policy"
