"""The segments of one customer, and why, for her page in the back office."""

from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from insights.services.segment_reading import segments_of


def segments_block(customer: Any) -> SafeString:
    rows = [
        {
            "title": one.title,
            "since": one.since,
            "words": one.words,
            "url": reverse("admin:insights_segment_change", args=[one.segment.pk]),
            "why": reverse("admin:insights_segment_why", args=[one.segment.pk, customer.pk]),
        }
        for one in segments_of(customer)
    ]
    return render_to_string("insights/staff/customer_segments.html", {"rows": rows})
