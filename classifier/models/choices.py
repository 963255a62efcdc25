"""Choices shared with the engine: its enumerations, with labels."""

from django.db import models

from classifier.engine.kinds import HeadKind, Kind
from classifier.engine.types import Direction, Level, Reason


class DirectionChoices(models.TextChoices):
    ANY = Direction.ANY.value, "Any"
    EXPENSE = Direction.EXPENSE.value, "Expense"
    INCOME = Direction.INCOME.value, "Income"
    TRANSFER = Direction.TRANSFER.value, "Transfer"


class FlowChoices(models.TextChoices):
    """Which way one transaction moves money."""

    EXPENSE = Direction.EXPENSE.value, "Expense (money out)"
    INCOME = Direction.INCOME.value, "Income (money in)"


class LevelChoices(models.TextChoices):
    HIGH = Level.HIGH.value, "High"
    MEDIUM = Level.MEDIUM.value, "Medium"
    LOW = Level.LOW.value, "Low"
    ABSTAIN = Level.ABSTAIN.value, "Abstained"


class ReasonChoices(models.TextChoices):
    NO_TEXT = Reason.NO_TEXT.value, "No letters in the description"
    FAR_FROM_ALL = Reason.FAR_FROM_ALL.value, "Far from every category"
    LOW_CONFIDENCE = Reason.LOW_CONFIDENCE.value, "Confidence under the bound"
    NO_CATEGORY = Reason.NO_CATEGORY.value, "No category for the direction"


class PrecisionChoices(models.TextChoices):
    FP32 = Kind.FP32.value, Kind.FP32.label
    OPTIMIZED = Kind.FP32_OPTIMIZED.value, Kind.FP32_OPTIMIZED.label
    DYNAMIC = Kind.INT8_DYNAMIC.value, Kind.INT8_DYNAMIC.label
    BLOCK = Kind.INT8_BLOCK.value, Kind.INT8_BLOCK.label
    STATIC = Kind.INT8_STATIC.value, Kind.INT8_STATIC.label


class HeadChoices(models.TextChoices):
    PROTOTYPE = HeadKind.PROTOTYPE.value, "Prototypes"
    HYBRID = HeadKind.HYBRID.value, "Prototypes and a linear classifier"


class AnnotatorChoices(models.TextChoices):
    """Who gave an answer."""

    PERSONAL = "personal", "The user's own correction"
    RULE = "rule", "A rule"
    MODEL = "model", "The version"
