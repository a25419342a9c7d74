"""Where a tenant departs from its specs: in which direction, how much it matters, since when, and how specs follow.

Pure: a plan that was made, what run records and earlier specs say, and audit events in; a document out. `cli.drift`
reads what this is made from and prints it; `engine.audit` reads the log.
"""
