from django.conf import settings
from django.urls import include, path

urlpatterns = [
    path(f"{settings.APP_NAME}/", include("polls.urls")),
]
