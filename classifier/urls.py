"""Addresses under /api/v1/."""

from django.urls import path

from classifier import views

urlpatterns = [
    path("classify", views.ClassifyView.as_view(), name="classify"),
    path("predictions/<uuid:prediction_id>", views.PredictionView.as_view(), name="prediction"),
    path("categories", views.CategoriesView.as_view(), name="categories"),
    path("examples", views.ExamplesView.as_view(), name="examples"),
    path("feedback", views.FeedbackView.as_view(), name="feedback"),
]
