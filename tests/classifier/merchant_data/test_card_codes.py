"""Airlines, car rentals and hotels by their merchant category codes."""

from classifier.merchant_data.card_codes import merchants_of_codes

MERCHANTS = {merchant.key: merchant for merchant in merchants_of_codes([])}


def test_a_code_is_a_merchant_of_its_range() -> None:
    assert MERCHANTS["mcc-3001"].name == "American Airlines"
    assert MERCHANTS["mcc-3001"].tag == "office=airline"
    assert MERCHANTS["mcc-3389"].tag == "amenity=car_rental"
    assert MERCHANTS["mcc-3503"].tag == "tourism=hotel"


def test_names_of_one_word_are_left_out() -> None:
    names = [name for m in MERCHANTS.values() for name in (m.name, *m.aliases)]
    assert [name for name in names if " " not in name.replace("-", " ").replace("/", " ")] == []


def test_what_is_known_already_is_left_out() -> None:
    known = {merchant.key for merchant in merchants_of_codes(["american airlines"])}
    assert set(MERCHANTS) - known == {"mcc-3001"}
