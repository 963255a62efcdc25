"""What the one who asks may do."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from classifier.models import ApiKey, Scope

__all__ = ["HasScope", "Scope"]

# What a signed-in member of staff needs where a program needs a scope.
PERMISSION_OF_SCOPE = {
    Scope.CLASSIFY: "classifier.add_prediction",
    Scope.FEEDBACK: "classifier.add_feedback",
    Scope.CURATE: "classifier.add_example",
    Scope.METRICS: "classifier.view_prediction",
}


class HasScope(BasePermission):
    """A key needs the view's `scope`, staff the permission that stands for it, or the view's own.

    Where `scope` is None any usable key and any member of staff will do.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        scope: Scope | None = view.scope
        if isinstance(request.auth, ApiKey):
            self.message = f"The API key lacks the scope “{scope.value}”." if scope else ""
            return scope is None or request.auth.allows(scope)
        user = request.user
        if user is None or not user.is_active or not user.is_staff:
            self.message = "Only members of staff may use this without an API key."
            return False
        if scope is None:
            return True
        permission = view.staff_permission or PERMISSION_OF_SCOPE[scope]
        self.message = f"Your account lacks the permission “{permission}”."
        return user.has_perm(permission)
