"""The schema as a page to try things on."""

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from drf_spectacular.views import SpectacularSwaggerSplitView

# Swagger UI writes styles into its elements; its scripts are files of the shop's own.
docs = csp_replace({"style-src": [SELF, UNSAFE_INLINE], "script-src": [SELF]})(
    SpectacularSwaggerSplitView.as_view(url_name="api:schema")
)
