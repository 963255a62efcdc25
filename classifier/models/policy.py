from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from simple_history.models import HistoricalRecords

from classifier.models.choices import HeadChoices


class LearningPolicy(models.Model):
    """What the program may do by itself, and how versions are built. One row."""

    head = models.CharField(
        max_length=20,
        choices=HeadChoices.choices,
        default=HeadChoices.HYBRID,
        help_text="What the next version decides with.",
    )
    precision_target = models.FloatField(
        "precision of the answers given",
        null=True,
        blank=True,
        validators=[MinValueValidator(0.5), MaxValueValidator(0.999)],
        help_text="A share, such as 0.98: the next version abstains where it would not reach it. "
        "Empty: it abstains under TXCAT_ABSTAIN_BELOW.",
    )
    auto_accept_users = models.PositiveIntegerField(
        "accept feedback where this many users agree",
        null=True,
        blank=True,
        validators=[MinValueValidator(2)],
        help_text="And nobody disagrees: it becomes an example. Empty: a person accepts.",
    )
    is_self_activating = models.BooleanField(
        "activate what was learned by night",
        default=False,
        help_text="Where the new version is not worse and regresses on no target.",
    )
    updated_at = models.DateTimeField(auto_now=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = "learning policy"
        verbose_name_plural = "learning policy"
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="one_row_of_learning_policy")
        ]

    def __str__(self) -> str:
        return "Learning policy"
