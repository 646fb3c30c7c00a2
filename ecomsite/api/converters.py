"""Parts of addresses: what cannot name anything is not even looked up."""


class CodeConverter:
    """Codes, numbers and slugs, of the characters that they are made of."""

    regex = r"[A-Za-z0-9._~\-]{1,255}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class KeyConverter:
    """The key of a row."""

    regex = r"[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)
