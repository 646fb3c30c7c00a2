"""Small files in the retail layout, made here, with faults planted where a test wants them."""

import gzip
from pathlib import Path

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


def make_line(
    invoice: str = "600001",
    code: str = "10001",
    description: str = "BLUE MUG",
    quantity: int | str = 2,
    date: str = "2026-03-02 10:00:00",
    price: str = "2.50",
    customer: str = "17001",
    country: str = "France",
) -> str:
    return f"{invoice},{code},{description},{quantity},{date},{price},{customer},{country}"


def make_file(
    folder: Path,
    *lines: str,
    header: str = HEADER,
    name: str = "orders.csv",
    encoding: str = "utf-8",
    packed: bool = False,
) -> Path:
    content = "\r\n".join([header, *lines, ""]).encode(encoding)
    path = folder / name
    path.write_bytes(gzip.compress(content) if packed else content)
    return path
