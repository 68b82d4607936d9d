from django.contrib import admin

from library.models import Book


@admin.register(Book)
class BookAdmin(admin.ModelAdmin):
    list_display = ["title", "author", "published", "available"]
    list_filter = ["available"]
    search_fields = ["title", "author"]
