"""Four people who work in the shop, one for each role."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth.models import Group

from customers.models import User
from ecomsite.backoffice import roles

STAFF = (
    ("manager", roles.MANAGER),
    ("buyer", roles.BUYER),
    ("editor", roles.CATALOGUE_EDITOR),
    ("support", roles.SUPPORT_AGENT),
)


@dataclass(frozen=True)
class Login:
    username: str
    password: str
    role: str


def load_staff() -> list[Login]:
    """Accounts with passwords that nobody knew before; they are told once, in the result."""
    logins = []
    for username, role in STAFF:
        login = Login(username, secrets.token_urlsafe(12), role)
        user = User.objects.create_user(
            username=username,
            email=f"{username}@staff.example.com",
            password=login.password,
            is_staff=True,
        )
        user.groups.add(Group.objects.get(name=role))
        logins.append(login)
    return logins


def write_logins(logins: list[Login], path: Path) -> None:
    """Lines of "username password role" that only the owner of the shop can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        for login in logins:
            file.write(f"{login.username} {login.password} {login.role}\n")
