"""An analyst has a file classified, in a real browser against the real product."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in
from tests.processes import Site

JOB_MILLISECONDS = 120_000
ROWS = "id;memo;betrag\n1;NETFLIX.COM;-15,49\n2;;-1,00\n3;SHELL OIL 5742 HOUSTON TX;-40,00\n"


@pytest.mark.browser
def test_a_file_is_chosen_classified_and_downloaded(site: Site, page: Page, tmp_path: Path) -> None:
    source = tmp_path / "statement.csv"
    source.write_text("\ufeff" + ROWS, encoding="utf-8")
    sign_in(page, site)
    page.goto("/admin/classify-file/")
    page.locator("#id_file").set_input_files(source)
    # The columns are read from the file.
    expect(page.get_by_label("Column of the descriptions")).to_have_value("memo")
    expect(page.get_by_label("Column of the amounts")).to_have_value("betrag")
    page.get_by_role("button", name="Classify", exact=True).click()
    page.locator('#job-progress[data-status="succeeded"]').wait_for(timeout=JOB_MILLISECONDS)
    expect(page.locator("#job-progress")).to_contain_text("3 rows: 2 with a category")
    with page.expect_download() as download:
        page.locator("#results").click()
    with Path(download.value.path()).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert [row["id"] for row in rows] == ["1", "2", "3"]
    assert [bool(row["category"]) for row in rows] == [True, False, True]
    assert "The description is empty" in rows[1]["error"]


@pytest.mark.browser
def test_a_file_that_is_chosen_for_import_is_named_in_its_field(
    site: Site, page: Page, tmp_path: Path
) -> None:
    source = tmp_path / "examples.csv"
    source.write_text("category,text\ngroceries,QWOP HARBOUR SHOP\n", encoding="utf-8")
    sign_in(page, site)
    page.goto("/admin/classifier/example/import/")
    page.locator("#id_file").set_input_files(source)
    expect(page.locator("#import-table input[type=text]")).to_have_value("examples.csv")
    page.get_by_role("button", name="Preview", exact=True).click()
    expect(page.get_by_role("button", name="Apply", exact=True)).to_be_visible()
