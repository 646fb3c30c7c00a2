"""Parts of addresses: what cannot name anything is not even looked up."""


class NameConverter:
    """The number of an order or a document, or a token. Imported orders have any characters."""

    regex = r"[^/\x00-\x1f\x7f]{1,40}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
