"""Addresses under /api/v1/experiments/."""

from django.urls import path

from experiments import views

urlpatterns = [
    path("<slug:key>/results", views.ResultsView.as_view(), name="experiment-results"),
]
