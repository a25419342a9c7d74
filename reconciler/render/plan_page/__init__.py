"""The sections of a plan's HTML page, a module each. All read the document of `plan --format json`."""
