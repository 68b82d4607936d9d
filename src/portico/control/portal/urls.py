from __future__ import annotations

from django.urls import path

from portico.control.portal import views

urlpatterns = [
    path("", views.show, name="portal"),
    path("favourites/<str:name>/", views.mark, name="favourite"),
    path("pictures/<str:name>/<str:digest>.webp", views.show_picture, name="picture"),
]
