"""`manage.py check_health`, as a container asks it."""

from io import StringIO

import pytest
from django.core.management import call_command

from monitoring.models import Process
from tests.database import connection_for_all_threads
from tests.monitoring.heard import heard


def said(*arguments: str) -> tuple[int, str]:
    """The exit code and what was printed."""
    out = StringIO()
    code = 0
    with connection_for_all_threads():
        try:
            call_command("check_health", *arguments, stdout=out)
        except SystemExit as end:
            code = int(str(end.code))
    return code, out.getvalue()


@pytest.mark.django_db
def test_a_machine_with_its_process_is_healthy() -> None:
    heard(Process.Role.WORKER)
    code, printed = said("--role", "worker")
    assert code == 0
    assert "OK       database: answers" in printed
    assert "OK       worker: 1 process\n" in printed


@pytest.mark.django_db
def test_a_machine_without_a_process_of_that_role_is_not() -> None:
    heard(Process.Role.WORKER)
    code, printed = said("--role", "web")
    assert code == 1
    assert "FAILED   web: no process of this machine is heard" in printed


@pytest.mark.django_db
def test_a_process_that_serves_what_it_should_not_is_named() -> None:
    reason = "v2: a file is damaged."
    heard(Process.Role.WORKER, health=Process.Health.DEGRADED, reason=reason)
    code, printed = said("--role", "worker")
    assert code == 0
    assert "DEGRADED worker: 1 process; " in printed
    assert "v2: a file is damaged." in printed
