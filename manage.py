#!/usr/bin/env python
"""Django's command line for txcat."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "txcat.settings")
    if sys.argv[1:2] == ["qcluster"]:
        from txcat import lasting_queue, worker

        worker.count_together()
        lasting_queue.install()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
