from typing import Any

from django.db import models
from simple_history.models import HistoricalRecords

from classifier.engine.merchants.words import words
from classifier.models.category import Category

MAX_TAG = 120


class MerchantQuerySet(models.QuerySet["Merchant"]):
    def built_in(self) -> "MerchantQuerySet":
        return self.filter(source=Merchant.Source.BUILT_IN)

    def own(self) -> "MerchantQuerySet":
        return self.filter(source=Merchant.Source.OWN)

    def active(self) -> "MerchantQuerySet":
        return self.filter(is_active=True)

    def named(self, text: str) -> "MerchantQuerySet":
        """With every word of `text` in its name or among its aliases, in part at least."""
        found = self
        for word in words(text):
            found = found.filter(search_text__contains=word.text)
        return found


class Merchant(models.Model):
    """Who can be paid: the built-in ones, and the analysts' own beside them."""

    class Source(models.TextChoices):
        BUILT_IN = "built-in", "Built-in"
        OWN = "own", "Own"

    key = models.CharField(max_length=120, unique=True, editable=False)
    name = models.CharField(max_length=200)
    aliases = models.JSONField(
        default=list, blank=True, help_text="Further names, as banks print them. One a line."
    )
    tag = models.CharField(
        max_length=MAX_TAG, blank=True, help_text="What is bought there: shop=supermarket."
    )
    countries = models.JSONField(
        default=list,
        blank=True,
        help_text="Two-letter codes with a space between: de at ch. Empty: anywhere.",
    )
    wikidata_id = models.CharField("Wikidata id", max_length=20, blank=True)
    category = models.ForeignKey(
        Category,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="merchants",
        limit_choices_to={"parent__isnull": False},
        help_text="What payments to it are.",
    )
    source = models.CharField(
        max_length=10, choices=Source.choices, default=Source.OWN, editable=False
    )
    is_active = models.BooleanField(
        default=True, help_text="Versions built while this is off do not know the merchant."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    search_text = models.TextField(editable=False)
    history = HistoricalRecords(excluded_fields=["search_text"])

    objects = MerchantQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["name", "id"], name="merchant_by_name")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.search_text = search_text(self.name, self.aliases)
        super().save(*args, **kwargs)


class MerchantTag(models.Model):
    """A kind of merchant: what is bought there, and the category of most such payments."""

    tag = models.CharField(max_length=MAX_TAG, unique=True, editable=False)
    words = models.CharField(
        max_length=300,
        help_text="What is bought there, in everyday English. Compared with categories.",
    )
    category = models.ForeignKey(
        Category,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="merchant_tags",
        limit_choices_to={"parent__isnull": False},
        help_text="What payments to such merchants mostly are. Empty: it depends.",
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ["tag"]
        verbose_name = "kind of merchant"
        verbose_name_plural = "kinds of merchant"

    def __str__(self) -> str:
        return self.tag


def search_text(name: str, aliases: list[str]) -> str:
    """The names as they are compared, one a line."""
    return "\n".join(" ".join(word.text for word in words(each)) for each in (name, *aliases))
