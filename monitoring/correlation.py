"""Ids of what is worked on here and now, for the lines of the log; "" where nothing is.

Imports no Django: the log is set up before it.
"""

from contextvars import ContextVar

REQUEST_ID = ContextVar("request_id", default="")
TASK_ID = ContextVar("task_id", default="")
JOB_ID = ContextVar("job_id", default="")
