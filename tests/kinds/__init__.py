"""Cases of the kinds, as data: one folder a kind, one file a case."""
