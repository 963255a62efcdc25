"""People who sign in, and their groups."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from classifier.admin.base import Admin

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, Admin):  # type: ignore[type-arg]
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    moments = {"last_login": "Last login", "date_joined": "Joining"}

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Who did what must stay known: an account is switched off, not deleted."""
        return False


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, Admin):
    pass
