"""Tables of curated rows as CSV and XLSX files, in and out.

`reading` gives a file's rows, a resource of django-import-export says what a row means,
`planning` checks all rows before one is written, `work` does that in a job.
"""
