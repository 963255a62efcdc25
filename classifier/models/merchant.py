from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from simple_history.models import HistoricalRecords

from classifier.countries import COUNTRIES
from classifier.engine.merchants.common_words import is_common
from classifier.engine.merchants.words import words
from classifier.models.category import Category

MAX_NAME = 200
MAX_ALIASES = 100
COUNTRIES_IN_NAME = 3

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
        return self.filter(every_word(text))


class Merchant(models.Model):
    """Who can be paid: the built-in ones, and the analysts' own beside them."""

    class Source(models.TextChoices):
        BUILT_IN = "built-in", "Built-in"
        OWN = "own", "Own"

    key = models.CharField(max_length=120, unique=True, editable=False)
    name = models.CharField(max_length=MAX_NAME)
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
        """With some of its countries: there are several of one name, one for each market."""
        if not self.countries:
            return self.name
        codes = [code.upper() for code in self.countries[:COUNTRIES_IN_NAME]]
        more = "…" if len(self.countries) > COUNTRIES_IN_NAME else ""
        return f"{self.name} ({', '.join(codes)}{more})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.search_text = search_text(self.name, self.aliases)
        super().save(*args, **kwargs)

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)

    def clean(self) -> None:
        """Of an own merchant: names that say who was paid, and no other own one's. The table's
        are taken as they are."""
        if self.source == Merchant.Source.BUILT_IN:
            return
        problems: dict[str, list[ValidationError]] = {}
        checks = (
            self._clean_name,
            self._clean_aliases,
            self._clean_countries,
            self._clean_tag,
        )
        for check in checks:
            try:
                check()
            except ValidationError as error:
                error.update_error_dict(problems)
        if problems:
            raise ValidationError(problems)
        if self.is_active:
            self.clean_beside(Merchant.objects.own().active().exclude(pk=self.pk))

    def clean_beside(self, others: "Iterable[Merchant]") -> None:
        """Raises ValidationError where one of `others` has one of its names in a country of it."""
        mine = {compared(name): name for name in reversed(self.names)}
        for other in others:
            shared = mine.keys() & {compared(name) for name in other.names}
            if shared and _is_shared(self.countries, other.countries):
                name = next(name for text, name in mine.items() if text in shared)
                field = "name" if name == self.name else "aliases"
                message = (
                    f"“{name}” is a name of your merchant “{other.name}” already. Leave it to one "
                    "of them, or give both countries that differ."
                )
                raise ValidationError({field: ValidationError(message, code="conflict")})

    def _clean_name(self) -> None:
        self.name = " ".join(self.name.split())
        if problem := _problem_of(self.name):
            raise ValidationError({"name": problem})

    def _clean_countries(self) -> None:
        self.countries = list(dict.fromkeys(code.lower() for code in self.countries))
        unknown = [code for code in self.countries if code not in COUNTRIES]
        if unknown:
            raise ValidationError({"countries": f"No country has the code “{unknown[0]}”."})

    def _clean_tag(self) -> None:
        self.tag = self.tag.strip()
        if self.tag and not MerchantTag.objects.filter(tag=self.tag).exists():
            raise ValidationError({"tag": f"No kind of merchant has the tag “{self.tag}”."})

    def _clean_aliases(self) -> None:
        by_text = {compared(self.name): self.name}
        for alias in (" ".join(alias.split()) for alias in self.aliases):
            if not alias:
                continue
            if problem := _problem_of(alias):
                raise ValidationError({"aliases": problem})
            by_text.setdefault(compared(alias), alias)
        self.aliases = list(by_text.values())[1:]
        if len(self.aliases) > MAX_ALIASES:
            raise ValidationError({"aliases": f"{MAX_ALIASES} at most."})


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


def compared(name: str) -> str:
    """A name as descriptors have it, where two words may be written as one."""
    return "".join(word.text for word in words(name))


def every_word(text: str) -> models.Q:
    """Merchants that have each word of `text` among their names."""
    return models.Q(*(models.Q(search_text__contains=word.text) for word in words(text)))


def search_text(name: str, aliases: list[str]) -> str:
    """The names as they are compared, one a line."""
    return "\n".join(" ".join(word.text for word in words(each)) for each in (name, *aliases))


def _problem_of(name: str) -> str:
    """Why a name cannot tell who was paid; "" where it can."""
    text = compared(name)
    if not any(character.isalpha() for character in text):
        return f"“{name}” has no letter."
    if len(text) == 1:
        return f"“{name}” is one letter: it would be found everywhere."
    if is_common(name):
        return f"“{name}” names no merchant by itself: it would be found in many descriptions."
    if len(name) > MAX_NAME:
        return f"“{name[:40]}…” has {len(name)} characters; {MAX_NAME} at most."
    return ""


def _is_shared(countries: list[str], others: list[str]) -> bool:
    """Whether two merchants can be met in one country. None named means anywhere."""
    return not countries or not others or not set(countries).isdisjoint(others)
