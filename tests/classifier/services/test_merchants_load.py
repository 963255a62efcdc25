"""The built-in merchants follow their table; an analyst's word stands."""

from pathlib import Path

import pytest

from classifier.engine.merchants import types
from classifier.engine.merchants.table import write_merchants
from classifier.exceptions import InputFileError
from classifier.models import Category, Merchant, MerchantTag
from classifier.services import merchants as service
from classifier.services.own_merchants import switch_merchants
from tests.rows import no_merchants

pytestmark = pytest.mark.django_db

ACME = types.Merchant("acme", "Acme", "shop=supermarket", ("ACME MARKETS",), ("us", "ca"), "Q341")
ZENIT = types.Merchant("zenit", "Zenit", "amenity=fuel")
GROCERIES = "shop=supermarket,food and household goods,groceries"
FUEL = "amenity=fuel,petrol and diesel,fuel-and-charging"


class Table:
    """The two files, as a release brings them."""

    def __init__(self, folder: Path) -> None:
        self.merchants = folder / "merchants.csv.gz"
        self.tags = folder / "tags.csv"
        self.say(ACME, ZENIT)

    def say(self, *merchants: types.Merchant, tags: tuple[str, ...] = (GROCERIES, FUEL)) -> None:
        write_merchants(self.merchants, merchants)
        self.tags.write_text("\n".join(("tag,words,category", *tags, "")))

    def load(self) -> service.LoadCounts:
        return service.load_merchants(merchants_file=self.merchants, tags_file=self.tags)


@pytest.fixture
def table(tmp_path: Path) -> Table:
    no_merchants()
    MerchantTag.objects.all().delete()
    MerchantTag.history.all().delete()
    return Table(tmp_path)


def test_all_of_the_table_becomes_rows(table: Table) -> None:
    assert table.load() == service.LoadCounts(2, 0, 0, 2, 0)
    row = Merchant.objects.get(key="acme")
    assert (row.name, row.tag, row.wikidata_id) == ("Acme", "shop=supermarket", "Q341")
    assert (row.aliases, row.countries) == (["ACME MARKETS"], ["us", "ca"])
    assert (row.source, row.is_active, row.category) == (Merchant.Source.BUILT_IN, True, None)
    assert list(Merchant.objects.named("acme markets")) == [row]
    assert not Merchant.history.exists()
    tag = MerchantTag.objects.get(tag="shop=supermarket")
    assert tag.words == "food and household goods"
    assert tag.category == Category.objects.get(slug="groceries")
    assert tag.history.get().history_change_reason == "seed"


def test_loading_again_changes_nothing(table: Table) -> None:
    table.load()
    made = dict(Merchant.objects.values_list("key", "pk"))
    assert table.load().is_nothing
    assert dict(Merchant.objects.values_list("key", "pk")) == made


def test_a_changed_merchant_is_changed_in_its_place(table: Table) -> None:
    table.load()
    before = Merchant.objects.get(key="acme")
    table.say(types.Merchant("acme", "Acme Foods", "shop=supermarket"), ZENIT)
    assert table.load() == service.LoadCounts(0, 1, 0, 0, 0)
    after = Merchant.objects.get(key="acme")
    assert (after.pk, after.created_at) == (before.pk, before.created_at)
    assert (after.name, after.aliases, after.countries) == ("Acme Foods", [], [])
    assert list(Merchant.objects.named("foods")) == [after]
    assert not Merchant.objects.named("markets").exists()


def test_one_that_leaves_the_table_is_switched_off_and_on_when_it_returns(table: Table) -> None:
    table.load()
    table.say(ACME)
    assert table.load() == service.LoadCounts(0, 0, 1, 0, 0)
    assert service.switched_off() == {"zenit"}
    assert table.load().is_nothing
    table.say(ACME, ZENIT)
    assert table.load() == service.LoadCounts(0, 1, 0, 0, 0)
    assert service.switched_off() == set()


def test_what_an_analyst_switched_off_stays_off(table: Table) -> None:
    table.load()
    switch_merchants(Merchant.objects.filter(key="zenit"), False)
    table.say(ACME, types.Merchant("zenit", "Zenit Oil", "amenity=fuel"))
    table.load()
    row = Merchant.objects.get(key="zenit")
    assert (row.name, row.is_active) == ("Zenit Oil", False)
    switch_merchants(Merchant.objects.filter(key="zenit"), True)
    table.load()
    assert service.switched_off() == set()


def test_an_analysts_words_for_a_kind_stand(table: Table) -> None:
    table.load()
    tag = MerchantTag.objects.get(tag="amenity=fuel")
    tag.words, tag.category = "benzin", None
    tag.save()
    table.say(ACME, ZENIT, tags=(GROCERIES, "amenity=fuel,fuel for cars,fuel-and-charging"))
    assert table.load().is_nothing
    tag.refresh_from_db()
    assert (tag.words, tag.category) == ("benzin", None)


def test_a_kind_that_nobody_changed_follows_the_table(table: Table) -> None:
    table.load()
    table.say(ACME, ZENIT, tags=(GROCERIES, "amenity=fuel,fuel for cars,"))
    assert table.load() == service.LoadCounts(0, 0, 0, 0, 1)
    tag = MerchantTag.objects.get(tag="amenity=fuel")
    assert (tag.words, tag.category, tag.history.count()) == ("fuel for cars", None, 2)


def test_an_own_merchant_is_left_alone(table: Table) -> None:
    own = Merchant.objects.create(key="own-acme", name="Acme")
    table.load()
    own.refresh_from_db()
    assert (own.source, own.is_active) == (Merchant.Source.OWN, True)


def test_a_file_of_another_shape_changes_nothing(table: Table) -> None:
    table.load()
    table.say(ACME)
    table.tags.write_text("tag,meaning\n")
    with pytest.raises(InputFileError, match=r"tags\.csv, line 1: expected the columns tag"):
        table.load()
    assert service.switched_off() == set()


def test_a_version_is_built_from_active_own_merchants_and_kinds(table: Table) -> None:
    table.load()
    fuel = Category.objects.get(slug="fuel-and-charging")
    Merchant.objects.create(
        key="own-b", name="Bo", aliases=["BO OIL"], countries=["de"], tag="amenity=fuel",
        category=fuel,
    )  # fmt: skip
    Merchant.objects.create(key="own-a", name="Al", is_active=False)
    assert service.own_merchants() == [
        types.Merchant(
            "own-b", "Bo", "amenity=fuel", ("BO OIL",), ("de",), category="fuel-and-charging"
        )
    ]
    assert service.merchant_tags() == [
        types.Tag("amenity=fuel", "petrol and diesel", "fuel-and-charging"),
        types.Tag("shop=supermarket", "food and household goods", "groceries"),
    ]


def test_a_category_that_is_switched_off_is_not_told(table: Table) -> None:
    table.load()
    fuel = Category.objects.get(slug="fuel-and-charging")
    Merchant.objects.create(key="own-b", name="Bo", category=fuel)
    Category.objects.filter(pk=fuel.pk).update(is_active=False)
    assert [merchant.category for merchant in service.own_merchants()] == [""]
    assert [tag.category for tag in service.merchant_tags()] == ["", "groceries"]
