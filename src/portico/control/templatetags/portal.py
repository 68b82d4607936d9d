"""What the portal's templates ask for: `{% load portal %}`."""

from __future__ import annotations

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from portico.control.portal.drawing import HEIGHT, WIDTH, Drawing

register = template.Library()


@register.simple_tag
def draw(drawing: Drawing) -> SafeString:
    paths = format_html_join("", '<path fill="{}" d="{}"/>', drawing.layers)
    return format_html(
        '<svg viewBox="0 0 {} {}" preserveAspectRatio="xMidYMid slice" aria-hidden="true">'
        '<path fill="{}" d="M0 0h{}v{}H0z"/>{}</svg>',
        *(WIDTH, HEIGHT, drawing.ground, WIDTH, HEIGHT, paths),
    )
