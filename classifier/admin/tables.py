"""Import and export of a table, on its list."""

from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from import_export.admin import ImportExportMixin
from unfold.contrib.import_export.forms import ExportForm
from unfold.widgets import UnfoldAdminFileFieldWidget

from classifier.admin.cells import change_link, change_url, changelist_url
from classifier.admin.classify_file import NO_SPACE_LEFT, TOO_LARGE
from classifier.bulk.upload import nothing_left_behind
from classifier.exceptions import NO_ROOM, ConflictError, InputFileError, StorageError
from classifier.tables.formats import CsvFormat, XlsxFormat
from classifier.tables.planning import RESOURCES
from classifier.tables.reading import MAX_ROWS
from classifier.tables.submission import Preview, apply_ticket, submit_table


class ImportTableForm(forms.Form):
    file = forms.FileField(
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
        max_length=100,
        help_text="CSV or XLSX, as “Export” writes it. Of a workbook, the first sheet is read.",
        error_messages={"empty": "The file is empty."},
    )
    # Last in the form: where it is missing, the body was cut off, and the file with it.
    is_whole = forms.CharField(widget=forms.HiddenInput(), initial="yes", required=False)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("file") is not None and not given.get("is_whole"):
            self.add_error("file", "The file did not arrive whole; send it again.")
        return given


class TableAdmin(ImportExportMixin):  # type: ignore[misc]
    """For the admin of a model that `RESOURCES` has: stands before the others it is made of.

    Who has the permission `import_…` or `export_…` of the model finds the buttons on its list.
    """

    export_form_class = ExportForm
    export_template_name = "classifier/admin/export_table.html"
    export_formats = [CsvFormat, XlsxFormat]

    def get_export_resource_classes(self, request: HttpRequest) -> list[type[Any]]:
        return [RESOURCES[self.table]]

    def init_request_context_data(self, request: HttpRequest, form: Any) -> dict[str, Any]:
        title = f"Export {self.opts.verbose_name_plural}"
        return {**super().init_request_context_data(request, form), "title": title}

    def get_export_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        return {}

    @property
    def table(self) -> str:
        return str(self.opts.model_name)

    @csrf_exempt
    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Send the file to disk, and refuse one that is too large, before anything reads the body:
        to find the form's token is to read it."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        request.upload_handlers = [TemporaryFileUploadHandler(request)]
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.UPLOAD_MAX_BYTES:
            return self._page(request, ImportTableForm(), refusal=TOO_LARGE, status=413)
        try:
            with nothing_left_behind(request.upload_handlers):
                response: HttpResponse = self._import(request)
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            return self._page(request, ImportTableForm(), refusal=NO_SPACE_LEFT, status=507)
        return response

    @method_decorator(csrf_protect)
    def _import(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return self._page(request, ImportTableForm())
        form = ImportTableForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._page(request, form)
        file: TemporaryUploadedFile = form.cleaned_data["file"]
        path, name = Path(file.temporary_file_path()), file.name or "a file"
        try:
            taken = submit_table(self.table, path, name, request.user)  # type: ignore[arg-type]
        except InputFileError as error:
            form.add_error("file", str(error))
            return self._page(request, form)
        if isinstance(taken, Preview):
            return self._page(request, ImportTableForm(), preview=taken)
        text = format_html("It is large: {} looks at it.", change_link(taken))
        messages.success(request, text)
        return HttpResponseRedirect(change_url(taken))

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Import what a preview has shown."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            ticket = request.POST.get("ticket", "")
            outcome = apply_ticket(self.table, ticket, request.user)  # type: ignore[arg-type]
        except (ConflictError, InputFileError, StorageError) as error:
            return self._page(request, ImportTableForm(), refusal=str(error))
        messages.success(request, f"Imported: {outcome}.")
        return HttpResponseRedirect(changelist_url(self.model))

    def _page(
        self,
        request: HttpRequest,
        form: ImportTableForm,
        *,
        preview: Preview | None = None,
        refusal: str = "",
        status: int = 200,
    ) -> HttpResponse:
        resource = RESOURCES[self.table]
        return TemplateResponse(
            request,
            "classifier/admin/import_table.html",
            {
                **self.admin_site.each_context(request),
                "title": f"Import {self.opts.verbose_name_plural}",
                "opts": self.opts,
                "form": form,
                "preview": preview,
                "refusal": refusal,
                "columns": [(name, name in resource.required) for name in resource().columns()],
                "max_rows": f"{MAX_ROWS:,}",
                "max_megabytes": settings.UPLOAD_MAX_BYTES // 1024 // 1024,
            },
            status=status,
        )
