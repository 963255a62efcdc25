"""Once an experiment has started, its owner and its hypothesis are all that the form changes."""

from django.contrib.auth.models import User
from django.test import Client

from classifier.admin.cells import change_url
from experiments.models import Experiment
from tests.experiments.admin.conftest import page_of


def test_the_form_has_two_fields_and_shows_the_rest(staff: Client, running: Experiment) -> None:
    response = staff.get(change_url(running))
    assert set(response.context["adminform"].form.fields) == {"owner", "hypothesis"}
    page = response.content.decode()
    assert running.salt in page
    assert 'name="variants-0-key"' not in page
    assert 'name="guardrails-0-margin"' not in page


def test_owner_and_hypothesis_change_and_nothing_else_does(
    staff: Client, running: Experiment
) -> None:
    zoe = User.objects.create_user("zoe", is_staff=True)
    before = Experiment.objects.filter(pk=running.pk).values().get()
    sent = {
        "owner": zoe.pk, "hypothesis": "Said better.", "key": "other", "traffic_share": "1",
        "status": "draft", "variants-0-weight": "0.9",
        "variants-TOTAL_FORMS": 2, "variants-INITIAL_FORMS": 2,
        "guardrails-TOTAL_FORMS": 1, "guardrails-INITIAL_FORMS": 1,
        **{f"variants-{place}-id": row.pk for place, row in enumerate(running.variants.all())},
        "guardrails-0-id": running.guardrails.get().pk,
    }  # fmt: skip
    assert staff.post(change_url(running), sent).status_code == 302
    after = Experiment.objects.filter(pk=running.pk).values().get()
    assert after == {**before, "owner_id": zoe.pk, "hypothesis": "Said better."}
    assert {variant.weight for variant in running.variants.all()} == {0.5}


def test_it_is_not_deleted(staff: Client, running: Experiment) -> None:
    page = change_url(running).replace("/change/", "/delete/")
    assert staff.post(page, {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": running.pk, "post": "yes"}
    staff.post(change_url(running).split(f"{running.pk}/")[0], chosen)
    assert Experiment.objects.filter(pk=running.pk).exists()


def test_what_is_of_no_use_to_the_split_is_not_shown(staff: Client, running: Experiment) -> None:
    assert "Block minutes" not in page_of(staff, change_url(running))
    Experiment.objects.filter(pk=running.pk).update(split="time")
    assert "Block minutes" in page_of(staff, change_url(running))
