"""Addresses under /api/v1/."""

from django.urls import path

from classifier import views

urlpatterns = [
    path("classify", views.ClassifyView.as_view(), name="classify"),
    path("classify/jobs", views.ClassifyFileView.as_view(), name="classify-file"),
    path("jobs/<int:job_id>", views.JobView.as_view(), name="job"),
    path("jobs/<int:job_id>/cancel", views.CancelJobView.as_view(), name="job-cancel"),
    path("jobs/<int:job_id>/results", views.JobResultsView.as_view(), name="job-results"),
    path("predictions/<uuid:prediction_id>", views.PredictionView.as_view(), name="prediction"),
    path("categories", views.CategoriesView.as_view(), name="categories"),
    path("examples", views.ExamplesView.as_view(), name="examples"),
    path("feedback", views.FeedbackView.as_view(), name="feedback"),
    path(
        "users/<path:user_id>/categories",
        views.UserCategoriesView.as_view(),
        name="user-categories",
    ),
]
