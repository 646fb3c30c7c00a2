"""The roles of staff. Which permissions they hold is laid by migrations, through `grant`."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.management import create_permissions
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MANAGER = "Manager"
BUYER = "Buyer"
CATALOGUE_EDITOR = "Catalogue editor"
SUPPORT_AGENT = "Support agent"

# Names in the database are codes; these are what people read.
ROLE_TITLES: Mapping[str, str | Promise] = {
    MANAGER: _("Manager"),
    BUYER: _("Buyer"),
    CATALOGUE_EDITOR: _("Catalogue editor"),
    SUPPORT_AGENT: _("Support agent"),
}

# "catalog.product": "view change" or a permission of its own: "catalog.photo": "review".
Grants = Mapping[str, str]


def role_title(name: str) -> str:
    """A role in the reader's language; groups that a shop added itself keep their names."""
    return str(ROLE_TITLES.get(name, name))


def grant(apps: Any, schema_editor: BaseDatabaseSchemaEditor, grants: Mapping[str, Grants]) -> None:
    """Give roles permissions, from a migration.

    Django makes permissions after all migrations; a migration that hands them out makes them
    first. Raises LookupError for a permission that no model has.
    """
    labels = {model.partition(".")[0] for rows in grants.values() for model in rows}
    for label in sorted(labels):
        config = apps.get_app_config(label)
        # Without a module Django takes a historical app for one that has no models.
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0, using=schema_editor.connection.alias)
        config.models_module = None
    group_model = apps.get_model("auth", "Group")
    for name, rows in grants.items():
        role, _created = group_model.objects.get_or_create(name=name)
        role.permissions.add(
            *(
                _permission(apps, model, action)
                for model, actions in rows.items()
                for action in actions.split()
            )
        )


def take_back(apps: Any, schema_editor: BaseDatabaseSchemaEditor, names: Sequence[str]) -> None:
    """Remove whole roles: the way back of the migration that brought them."""
    apps.get_model("auth", "Group").objects.filter(name__in=names).delete()


def _permission(apps: Any, model: str, action: str) -> Any:
    label, _dot, name = model.partition(".")
    found = (
        apps.get_model("auth", "Permission")
        .objects.filter(content_type__app_label=label, codename=f"{action}_{name}")
        .first()
    )
    if found is None:
        raise LookupError(f"no model has the permission {label}.{action}_{name}")
    return found
