"""All addresses."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("classifier.urls")),
    path("api/v1/experiments/", include("experiments.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path(
        "api/docs/",
        # It has no template for the answer to OPTIONS.
        SpectacularSwaggerView.as_view(url_name="schema", http_method_names=["get", "head"]),
        name="docs",
    ),
    path("", include("monitoring.urls")),
]
handler400 = "classifier.errors.bad_request"
handler404 = "classifier.errors.not_found"
handler500 = "classifier.errors.server_error"
