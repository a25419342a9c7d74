"""What proves a run, in one file: made from records, plans and specs (`bundle`), checked offline (`check`).

Pure: bytes in, bytes out. `cli.evidence` finds the parts, `cli.verify` reads the file.
"""
