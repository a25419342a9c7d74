"""What changes between two states of a repository, for one tenant and for all: pure, offline, from specs alone.

`document` makes the JSON document from two sides; `addresses` compares specs, `order` says who would win which profile,
`settings` compares what the workspace file and the pins say, `findings` what the rules say.
"""
