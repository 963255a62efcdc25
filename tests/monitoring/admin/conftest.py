"""Someone signed in."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client


@pytest.fixture
def staff(client: Client, admin_user: User) -> Client:
    """A superuser's browser."""
    client.force_login(admin_user)
    return client


@pytest.fixture
def viewer(db: None) -> Client:
    """The browser of somebody who may look and do nothing."""
    user = User.objects.create_user("vic", is_staff=True)
    user.groups.add(Group.objects.get(name="viewer"))
    client = Client()
    client.force_login(user)
    return client
