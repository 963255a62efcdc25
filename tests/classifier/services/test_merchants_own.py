"""An own merchant's names say who was paid, and are no other's."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from classifier.engine.merchants.common_words import is_common
from classifier.models import Merchant, MerchantTag
from classifier.services.own_merchants import (
    built_in_namesakes,
    save_own_merchant,
    switch_merchants,
)
from tests.rows import no_merchants

pytestmark = pytest.mark.django_db


def own(name: str = "Zorblax", **fields: Any) -> Merchant:
    """A merchant that was checked and stored."""
    merchant = checked(name, **fields)
    save_own_merchant(merchant)
    return merchant


def checked(name: str = "Zorblax", **fields: Any) -> Merchant:
    merchant = Merchant(name=name, **fields)
    merchant.full_clean(exclude=["key", "search_text"])
    return merchant


def refusal(name: str = "Zorblax", **fields: Any) -> tuple[str, str]:
    """(field, reason)"""
    with pytest.raises(ValidationError) as caught:
        checked(name, **fields)
    ((field, (reason,)),) = caught.value.message_dict.items()
    return field, reason


@pytest.mark.parametrize(
    ("alias", "reason"),
    [
        ("7", "“7” has no letter."),
        ("24/7", "“24/7” has no letter."),
        ("\N{FIRE}\N{ZERO WIDTH JOINER}", "has no letter."),
        ("\N{COMBINING ACUTE ACCENT}", "has no letter."),
        ("Q", "“Q” is one letter: it would be found everywhere."),
        (" é ", "is one letter"),
        ("Market", "“Market” names no merchant by itself"),
        ("Bäckerei", "names no merchant by itself"),
        ("LE MARCHÉ", "names no merchant by itself"),
        ("Card Payment", "names no merchant by itself"),
        ("transferencia", "names no merchant by itself"),
        ("z" * 201, "has 201 characters; 200 at most."),
    ],
)
def test_a_name_that_tells_nothing_is_refused_with_the_reason(alias: str, reason: str) -> None:
    field, said = refusal(aliases=[alias])
    assert field == "aliases"
    assert reason in said
    if len(alias) <= 200:
        assert reason in refusal(alias.strip())[1]


@pytest.mark.parametrize("name", ["Coffee House", "Q8", "Bar Zoë", "三越", "Marks & Spencer"])
def test_a_name_that_tells_something_is_taken(name: str) -> None:
    assert own(name).name == name
    assert not is_common(name)


def test_names_are_tidied_and_each_is_kept_once() -> None:
    merchant = own(" Zor   Blax ", aliases=["ZORBLAX", " zorblax  inc ", "", "Zorblax Inc."])
    assert (merchant.name, merchant.aliases) == ("Zor Blax", ["zorblax inc"])


def test_too_many_names_are_refused() -> None:
    names = [f"zor{chr(97 + number // 26)}{chr(97 + number % 26)}" for number in range(101)]
    assert refusal(aliases=names) == ("aliases", "100 at most.")


def test_countries_are_codes() -> None:
    assert own(countries=["DE", "at", "de"]).countries == ["de", "at"]
    assert refusal(countries=["uk"]) == ("countries", "No country has the code “uk”.")


def test_the_tag_is_one_that_is_known() -> None:
    MerchantTag.objects.get_or_create(tag="shop=bakery", defaults={"words": "bread"})
    assert checked(tag=" shop=bakery ").tag == "shop=bakery"
    assert refusal(tag="shop=breads")[0] == "tag"


@pytest.mark.parametrize(
    ("mine", "theirs", "is_taken"),
    [([], [], True), (["de"], [], True), (["de", "at"], ["at"], True), (["de"], ["at"], False)],
)
def test_another_own_merchants_name_is_refused_where_both_can_be_met(
    mine: list[str], theirs: list[str], is_taken: bool
) -> None:
    own("Blip Foods", aliases=["BLIP"], countries=theirs)
    if not is_taken:
        assert own(aliases=["Blip"], countries=mine).aliases == ["Blip"]
        return
    field, reason = refusal(aliases=["Blip"], countries=mine)
    assert field == "aliases"
    assert "“Blip” is a name of your merchant “Blip Foods” already" in reason
    assert refusal("BLIPFOODS", countries=mine)[0] == "name"


def test_a_merchant_does_not_stand_in_its_own_way() -> None:
    merchant = own(aliases=["BLIP"])
    merchant.full_clean()


def test_one_that_is_off_stands_in_nobodys_way_and_comes_on_only_where_there_is_room() -> None:
    off = own("Blip")
    assert switch_merchants(Merchant.objects.filter(pk=off.pk), False) == (1, [])
    taken = own("Blip Two", aliases=["BLIP"])
    changed, refused = switch_merchants(Merchant.objects.filter(pk=off.pk), True)
    assert changed == 0
    assert [(merchant, "Blip Two" in reason) for merchant, reason in refused] == [(off, True)]
    switch_merchants(Merchant.objects.filter(pk=taken.pk), False)
    assert switch_merchants(Merchant.objects.filter(pk=off.pk), True) == (1, [])


def test_two_that_are_switched_on_together_are_compared_with_each_other() -> None:
    one = own("Blip")
    Merchant.objects.update(is_active=False)
    other = own("Blip!")
    Merchant.objects.filter(pk=other.pk).update(is_active=False)
    changed, refused = switch_merchants(Merchant.objects.own(), True)
    assert (changed, [merchant for merchant, _ in refused]) == (1, [other])
    one.refresh_from_db()
    assert one.is_active


def test_switching_leaves_history() -> None:
    merchant = own()
    switch_merchants(Merchant.objects.filter(pk=merchant.pk), False)
    assert list(merchant.history.values_list("is_active", flat=True)) == [False, True]


def test_a_key_is_made_of_the_name_and_kept() -> None:
    one, other, foreign = own("Café Zoë"), own("Cafe Zoe 2"), own("三越")
    assert one.key.startswith("own-cafe-zoe-")
    assert foreign.key.startswith("own-merchant-")
    assert len({one.key, other.key, foreign.key}) == 3
    key, one.name = one.key, "Zoë's"
    save_own_merchant(one)
    assert Merchant.objects.get(pk=one.pk).key == key


def test_built_in_merchants_of_the_same_name_are_known() -> None:
    no_merchants()
    built_in = [
        Merchant.objects.create(
            key=key, name=name, aliases=["BLIP MARKET"], source=Merchant.Source.BUILT_IN
        )
        for key, name in (("blip-de", "Blip!"), ("blap", "Blap"), ("x", "Blip Market Two"))
    ]
    Merchant.objects.create(
        key="off", name="Blip", source=Merchant.Source.BUILT_IN, is_active=False
    )
    assert built_in_namesakes(checked("BLIP")) == [built_in[0]]
    assert built_in_namesakes(checked(aliases=["blip market"])) == [
        built_in[1], built_in[2], built_in[0],
    ]  # fmt: skip
    assert built_in_namesakes(checked()) == []
