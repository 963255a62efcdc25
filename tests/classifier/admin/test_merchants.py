"""Merchants and their kinds: looked up, switched, added; and what nobody recognized."""

from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from classifier.admin.cells import change_url
from classifier.admin.merchants import MerchantAdmin
from classifier.models import Merchant, MerchantTag, Prediction
from tests.classifier.admin.conftest import Make, Rows, classify

LIST = reverse("admin:classifier_merchant_changelist")
ADD = reverse("admin:classifier_merchant_add")
PREDICTIONS = reverse("admin:classifier_prediction_changelist")
UNRECOGNIZED = reverse("admin:unrecognized_merchants")


@pytest.fixture
def built_in(rows: Rows) -> Merchant:
    return Merchant.objects.create(
        key="quibblo-1", name="Quibblo", aliases=["QUIBBLO MARKET"], tag="shop=bakery",
        countries=["de", "at"], source=Merchant.Source.BUILT_IN,
    )  # fmt: skip


def found(client: Client, **query: Any) -> list[Any]:
    return list(client.get(LIST, query).context["cl"].result_list)


def said(response: Any) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def form(**fields: Any) -> dict[str, Any]:
    return {"name": "Blip", "aliases": "", "countries": "", "tag": "", "is_active": "on", **fields}


def add(client: Client, **fields: Any) -> Any:
    return client.post(ADD, form(**fields))


def test_a_merchant_is_found_by_any_of_its_names(
    staff: Client, rows: Rows, built_in: Merchant
) -> None:
    assert found(staff, q="quibblo márket") == [built_in]
    assert found(staff, q="zorblax inc") == [rows.merchant]


def test_filters_narrow_the_list(staff: Client, rows: Rows, built_in: Merchant) -> None:
    assert found(staff, source__exact="own") == [rows.merchant]
    assert built_in in found(staff, tag="shop=bakery", country="at", is_active__exact=1)
    for other in ({"tag": "amenity=fuel"}, {"country": "fr"}, {"is_active__exact": 0}):
        assert built_in not in found(staff, **other)


def test_an_own_merchant_is_added_with_all_that_is_known(staff: Client, rows: Rows) -> None:
    response = add(
        staff, aliases="BLIP INC\r\n\r\nblip  gmbh", countries="DE, at", tag="shop=bakery",
        category=rows.category.pk if rows.category.parent_id else "",
    )  # fmt: skip
    merchant = Merchant.objects.get(name="Blip")
    assert response.status_code == 302
    assert (merchant.aliases, merchant.countries) == (["BLIP INC", "blip gmbh"], ["de", "at"])
    assert (merchant.tag, merchant.category) == ("shop=bakery", rows.category)
    assert merchant.key.startswith("own-blip-")
    assert merchant.history.get().history_user is not None
    page = staff.get(change_url(merchant)).content.decode()
    assert "BLIP INC\nblip gmbh</textarea>" in page
    assert 'value="de at"' in page


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"aliases": "BLIP INC\nMarket"}, "“Market” names no merchant by itself"),
        ({"name": "Q"}, "“Q” is one letter"),
        ({"name": "24"}, "“24” has no letter"),
        ({"aliases": "zorblax"}, "“zorblax” is a name of your merchant “Zorblax” already"),
        ({"countries": "de xx"}, "No country has the code “xx”"),
        ({"tag": "shop=nothing"}, "No kind of merchant has the tag “shop=nothing”"),
        ({"aliases": "BLIP\x00"}, "Null characters are not allowed"),
        ({"name": "B" * 201}, "at most 200 characters"),
    ],
)
def test_what_cannot_be_taken_says_why(
    fields: dict[str, str], reason: str, staff: Client, rows: Rows
) -> None:
    response = add(staff, **fields)
    assert response.status_code == 200
    assert reason in unescape(response.content.decode())
    assert list(Merchant.objects.own()) == [rows.merchant]


def test_all_that_is_wrong_is_said_at_once(staff: Client, rows: Rows) -> None:
    page = unescape(add(staff, name="Q", aliases="24", countries="xx").content.decode())
    for reason in ("“Q” is one letter", "“24” has no letter", "the code “xx”"):
        assert reason in page


def test_a_name_of_a_built_in_merchant_is_taken_and_told(staff: Client, built_in: Merchant) -> None:
    response = add(staff, aliases="quibblo market")
    assert change_url(built_in) in said(response)
    assert "Yours goes before." in said(response)
    assert Merchant.objects.get(name="Blip").aliases == ["quibblo market"]


def test_an_own_merchant_without_namesakes_is_taken_in_silence(staff: Client, rows: Rows) -> None:
    assert "built-in" not in said(add(staff))


def test_saving_what_is_there_says_that_nothing_changed(staff: Client, rows: Rows) -> None:
    merchant = rows.merchant
    fields = form(name=merchant.name, aliases="ZORBLAX INC", category=merchant.category_id)
    staff.post(change_url(merchant), fields)
    assert LogEntry.objects.latest("id").get_change_message() == "No fields changed."
    merchant.refresh_from_db()
    assert merchant.aliases == ["ZORBLAX INC"]


def test_of_a_built_in_merchant_only_the_switch_can_be_changed(
    staff: Client, built_in: Merchant
) -> None:
    page = staff.get(change_url(built_in)).content.decode()
    assert 'name="is_active"' in page
    assert 'name="name"' not in page
    assert "QUIBBLO MARKET" in page
    assert "Germany, Austria" in page
    staff.post(change_url(built_in), {"name": "Other", "aliases": "", "is_active": ""})
    built_in.refresh_from_db()
    assert (built_in.name, built_in.aliases) == ("Quibblo", ["QUIBBLO MARKET"])
    assert not built_in.is_active
    assert built_in.history.latest().history_user is not None
    delete = change_url(built_in).replace("/change/", "/delete/")
    assert staff.get(delete).status_code == 403


def test_chosen_merchants_are_switched_off_and_on(
    staff: Client, rows: Rows, built_in: Merchant
) -> None:
    chosen = {"_selected_action": [built_in.pk, rows.merchant.pk]}
    assert "Switched off: 2." in said(staff.post(LIST, {"action": "switch_off", **chosen}))
    assert not Merchant.objects.filter(pk__in=chosen["_selected_action"], is_active=True).exists()
    assert built_in.history.latest().history_user is not None
    add(staff, name="Zorblax")
    response = staff.post(LIST, {"action": "switch_on", **chosen})
    assert "Switched on: 1." in said(response)
    assert "Not switched on: 1." in said(response)
    assert "“Zorblax” is a name of your merchant" in said(response)


def test_more_than_a_page_is_switched_only_after_a_question(
    staff: Client, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MerchantAdmin, "list_per_page", 1)
    add(staff)
    chosen = {
        "action": "switch_off", "select_across": "1", "_selected_action": [rows.merchant.pk]
    }  # fmt: skip
    address = f"{LIST}?source__exact=own"
    question = staff.post(address, chosen)
    assert "2 merchants would be switched off." in question.content.decode()
    assert Merchant.objects.own().active().count() == 2
    staff.post(address, chosen | {"apply": "1"})
    assert not Merchant.objects.own().active().exists()


def test_who_may_only_look_changes_nothing(
    client: Client, make_staff: Make, built_in: Merchant
) -> None:
    client.force_login(make_staff("classifier.view_merchant"))
    assert client.get(change_url(built_in)).status_code == 200
    assert client.post(change_url(built_in), {"is_active": ""}).status_code == 403
    client.post(LIST, {"action": "switch_off", "_selected_action": [built_in.pk]})
    built_in.refresh_from_db()
    assert built_in.is_active


def test_an_own_merchant_that_a_prediction_names_is_not_deleted(staff: Client, rows: Rows) -> None:
    page = change_url(rows.merchant).replace("/change/", "/delete/")
    assert staff.post(page, {"post": "yes"}).status_code == 403
    Prediction.objects.update(merchant=None)
    assert staff.post(page, {"post": "yes"}).status_code == 302
    assert not Merchant.objects.filter(pk=rows.merchant.pk).exists()


def test_a_kind_is_given_another_category_and_words(staff: Client, rows: Rows) -> None:
    response = staff.post(
        change_url(rows.tag), {"words": "cakes", "category": rows.category.pk, "tag": "shop=x"}
    )
    assert response.status_code == 302
    tag = MerchantTag.objects.get(pk=rows.tag.pk)
    assert (tag.tag, tag.words, tag.category) == ("shop=bakery", "cakes", rows.category)
    assert tag.history.latest().history_user is not None


def test_a_kind_says_how_many_merchants_it_has(
    staff: Client, rows: Rows, built_in: Merchant
) -> None:
    page = staff.get(reverse("admin:classifier_merchanttag_changelist"), {"q": "shop=bakery"})
    (tag,) = (row for row in page.context["cl"].result_list if row.tag == "shop=bakery")
    of_kind = Merchant.objects.active().filter(tag="shop=bakery")
    assert tag.active_merchants == of_kind.count()
    link = f"{LIST}?tag=shop%3Dbakery&amp;is_active__exact=1"
    assert link in page.content.decode()
    assert len(found(staff, tag="shop=bakery", is_active__exact=1)) == min(of_kind.count(), 100)


@pytest.mark.parametrize("name", ["merchant", "merchanttag"])
def test_each_page_says_when_a_change_counts(name: str, staff: Client, rows: Rows) -> None:
    page = staff.get(reverse(f"admin:classifier_{name}_changelist")).content.decode()
    assert "Changes count from the next version that is built" in page


def test_predictions_of_one_merchant_are_listed_with_its_name(staff: Client, rows: Rows) -> None:
    classify("NETFLIX.COM")
    page = staff.get(PREDICTIONS, {"merchant__key__exact": rows.merchant.key})
    assert list(page.context["cl"].result_list) == [rows.prediction]
    html = page.content.decode()
    assert ">Zorblax<" in html
    # The choice is shown, and nothing but the choice is fetched.
    assert f'<option value="{rows.merchant.key}" selected>Zorblax</option>' in html


def test_the_filter_finds_a_merchant_by_its_names(
    staff: Client, rows: Rows, built_in: Merchant
) -> None:
    answer = staff.get(
        reverse("admin:autocomplete"),
        {"term": "quibblo m", "app_label": "classifier", "model_name": "prediction",
         "field_name": "merchant"},
    )  # fmt: skip
    assert answer.json()["results"] == [{"id": built_in.key, "text": "Quibblo (DE, AT)"}]


def test_a_prediction_says_who_was_paid_how_and_where(staff: Client, rows: Rows) -> None:
    Prediction.objects.filter(pk=rows.prediction.pk).update(
        merchant_text="zorblax",
        country="at",
        descriptor={
            "processor": "Square", "channel": "point_of_sale", "is_recurring": True,
            "location": {"city": "Wien", "region": "9", "country": "at"},
            "merchant_confidence": 0.97,
        },
    )  # fmt: skip
    page = staff.get(change_url(rows.prediction)).content.decode()
    for words in (
        change_url(rows.merchant), "(97.0% sure)", "Square", "Card at a terminal",
        "Wien, 9, Austria", "it says so",
    ):  # fmt: skip
        assert words in page


@pytest.mark.parametrize("key", [None, "left-the-table"])
def test_a_prediction_without_a_merchant_opens(key: str | None, staff: Client, rows: Rows) -> None:
    Prediction.objects.filter(pk=rows.prediction.pk).update(merchant=key)
    shown = key or "not recognized"
    assert shown in staff.get(change_url(rows.prediction)).content.decode()
    assert (key or "-") in staff.get(PREDICTIONS).content.decode()


@pytest.fixture
def unrecognized(rows: Rows) -> list[Prediction]:
    made = classify("A 1", "B 2", "B 3")
    for row, text in zip(made, ("rare & odd", "frequent", "frequent"), strict=True):
        Prediction.objects.filter(pk=row.pk).update(merchant=None, merchant_text=text)
    Prediction.objects.filter(pk=made[0].pk).update(category=rows.category)
    return made


def texts(client: Client, **query: Any) -> list[str]:
    page = client.get(UNRECOGNIZED, query)
    assert page.status_code == 200
    cells = [unescape(str(row[0])) for row in page.context["table"]["rows"]]
    return [cell.split(">")[1].split("<")[0] for cell in cells]


def links(client: Client, row: int) -> list[str]:
    cells = client.get(UNRECOGNIZED).context["table"]["rows"][row]
    return [unescape(str(cells[place]).split('href="')[1].split('"')[0]) for place in (1, -1)]


def test_the_most_frequent_unrecognized_texts_come_first(
    staff: Client, unrecognized: list[Prediction]
) -> None:
    assert texts(staff) == ["frequent", "rare & odd"]


def test_a_period_is_chosen(staff: Client, unrecognized: list[Prediction]) -> None:
    old = timezone.now() - timedelta(days=400)
    Prediction.objects.filter(pk=unrecognized[0].pk).update(created_at=old)
    assert texts(staff) == ["frequent"]
    day = timezone.localtime(old)
    chosen = {"created_at__year": day.year, "created_at__month": day.month}
    assert texts(staff, **chosen) == ["rare & odd"]
    assert texts(staff, created_at__year="x") == ["frequent"]
    assert texts(staff, created_at__year="9999") == ["frequent"]
    assert "Last 30 days</a>" in staff.get(UNRECOGNIZED, chosen).content.decode()


def test_a_text_leads_to_its_predictions(staff: Client, unrecognized: list[Prediction]) -> None:
    to_predictions, _ = links(staff, 1)
    page = staff.get(to_predictions)
    assert list(page.context["cl"].result_list) == [unrecognized[0]]


def test_a_text_leads_to_a_form_that_is_filled_in(
    staff: Client, rows: Rows, unrecognized: list[Prediction]
) -> None:
    _, to_form = links(staff, 1)
    assert parse_qs(urlsplit(to_form).query) == {
        "name": ["Rare & Odd"],
        "aliases": ["rare & odd"],
        "category": [str(rows.category.pk)],
    }
    initial = staff.get(to_form).context["adminform"].form
    values = {name: initial[name].value() for name in ("name", "aliases", "category")}
    response = staff.post(to_form, form(**values))
    assert response.status_code == 302
    merchant = Merchant.objects.get(name="Rare & Odd")
    # The name says it already.
    assert (merchant.aliases, merchant.category) == ([], rows.category)


def test_who_may_not_add_is_not_led_to_the_form(
    client: Client, make_staff: Make, unrecognized: list[Prediction]
) -> None:
    client.force_login(make_staff("classifier.view_prediction"))
    page = client.get(UNRECOGNIZED).content.decode()
    assert "frequent" in page
    assert "Add merchant" not in page
