"""How many units of SKUs nobody holds: what pages of products say is left."""

from collections.abc import Sequence

from django.db import connection


def units_left(*, sku_ids: Sequence[int]) -> dict[int, int]:
    """Units that anybody could set aside; SKUs that never had any are left out."""
    if not sku_ids:
        return {}
    # By hand: pages ask it each time, and the ORM takes longer to spell it than to run it.
    marks = ", ".join(["%s"] * len(sku_ids))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT level.sku_id, level.on_hand - level.reserved "  # noqa: S608  # only marks are put in
            "FROM inventory_stocklevel level "
            "JOIN inventory_warehouse place ON place.id = level.warehouse_id "
            f"WHERE place.is_default AND level.sku_id IN ({marks})",
            list(sku_ids),
        )
        return {sku_id: int(units) for sku_id, units in cursor.fetchall()}
