"""The page “Classify a file”: send one, and follow its job."""

from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from classifier.admin.cells import change_link, change_url
from classifier.bulk.options import MAX_ROWS, FileOptions, Format
from classifier.bulk.submission import Caller, submit_file
from classifier.bulk.upload import MAX_COLUMN, format_of, nothing_left_behind
from classifier.exceptions import NO_ROOM, InputFileError, NoEngineError
from classifier.services.file_classification import Columns

FORMATS = [("csv", "CSV"), ("ndjson", "NDJSON: a JSON object a line")]
TOO_LARGE = "The file is larger than this server takes."
NO_SPACE_LEFT = "There is no room on the server to store the file; nothing was stored."


def _column(label: str, **kwargs: Any) -> forms.CharField:
    widget = UnfoldAdminTextInputWidget(attrs={"list": "columns", "autocomplete": "off"})
    return forms.CharField(label=label, max_length=MAX_COLUMN, widget=widget, **kwargs)


class ClassifyFileForm(forms.Form):
    file = forms.FileField(
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.tsv,.ndjson,.jsonl"}),
        error_messages={"empty": "The file is empty."},
    )
    format = forms.ChoiceField(
        choices=[("", "By the file's name"), *FORMATS],
        required=False,
        widget=UnfoldAdminSelectWidget(),
    )
    column = _column(
        "Column of the descriptions",
        initial="description",
        required=False,
        help_text="Columns are asked of CSV files alone.",
    )
    amount_column = _column(
        "Column of the amounts",
        required=False,
        help_text="Negative, (12.50), 12.50- or DR is money out. Empty: not known.",
    )
    direction_column = _column(
        "Column of the direction",
        required=False,
        help_text="Expense, out, debit, DR or income, in, credit, CR. It goes before the sign.",
    )
    answer_prefix = forms.CharField(
        label="Before the names of the answer's columns",
        max_length=40,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Where the file has columns of such names already.",
    )
    results = forms.ChoiceField(
        choices=[("", "As the file"), *FORMATS], required=False, widget=UnfoldAdminSelectWidget()
    )
    # Last in the form: where it is missing, the body was cut off, and the file with it.
    is_whole = forms.CharField(widget=forms.HiddenInput(), initial="yes", required=False)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        file = given.get("file")
        if file is None:
            return given
        if not given.get("is_whole"):
            self.add_error("file", "The file did not arrive whole; send it again.")
        format = Format(given["format"]) if given.get("format") else format_of(file)
        if format is None:
            self.add_error("format", "The file's name does not tell: CSV or NDJSON?")
        elif format is Format.CSV and not given.get("column"):
            self.add_error("column", "A CSV file needs it.")
        given["format"] = format
        return given

    def options(self) -> FileOptions:
        """What is wanted, of a valid form."""
        given = self.cleaned_data
        columns = None
        if given["format"] is Format.CSV:
            columns = Columns(
                given["column"], given["amount_column"] or None, given["direction_column"] or None
            )
        results = Format(given["results"]) if given["results"] else given["format"]
        return FileOptions(given["format"], results, columns, prefix=given["answer_prefix"])


@csrf_exempt
def classify_file(request: HttpRequest) -> HttpResponse:
    """Send the file to disk, and refuse one that is too large, before anything reads the body:
    to find the form's token is to read it."""
    request.upload_handlers = [TemporaryFileUploadHandler(request)]
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.UPLOAD_MAX_BYTES:
        return _page(request, ClassifyFileForm(), refusal=TOO_LARGE, status=413)
    try:
        with nothing_left_behind(request.upload_handlers):
            response: HttpResponse = _classify_file(request)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        return _page(request, ClassifyFileForm(), refusal=NO_SPACE_LEFT, status=507)
    return response


@csrf_protect
@require_http_methods(["GET", "POST"])
def _classify_file(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("classifier.classify_file"):
        raise PermissionDenied
    if request.method != "POST":
        return _page(request, ClassifyFileForm())
    form = ClassifyFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form)
    file: TemporaryUploadedFile = form.cleaned_data["file"]
    try:
        path = Path(file.temporary_file_path())
        job = submit_file(path, form.options(), Caller(user=request.user))  # type: ignore[arg-type]
    except (InputFileError, NoEngineError) as error:
        form.add_error("file", str(error))
        return _page(request, form)
    messages.success(request, format_html("Taken in: {}.", change_link(job)))
    return HttpResponseRedirect(change_url(job))


def _page(
    request: HttpRequest, form: ClassifyFileForm, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    return TemplateResponse(
        request,
        "classifier/admin/classify_file.html",
        {
            **admin.site.each_context(request),
            "title": "Classify a file",
            "form": form,
            "refusal": refusal,
            "max_rows": f"{MAX_ROWS:,}",
            "max_megabytes": settings.UPLOAD_MAX_BYTES // 1024 // 1024,
            "kept_days": settings.JOB_FILES_DAYS,
        },
        status=status,
    )
