"""How Django's forms look: {{ form }} and {{ field.as_field_group }} in the classes of the pages."""

from __future__ import annotations

from django.forms.renderers import DjangoTemplates


class Forms(DjangoTemplates):
    form_template_name = "portico/form.html"
    field_template_name = "portico/field.html"
