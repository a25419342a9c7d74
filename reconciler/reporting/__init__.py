"""What an auditor asks of a tenant: what is managed, by which runs, with which exceptions, and what was done beside.

Pure: `document` makes the document of `schemas/v1/report.json` from a plan, what `explain` answers of everybody, run
records and the audit log. `cli.report` reads these.
"""
