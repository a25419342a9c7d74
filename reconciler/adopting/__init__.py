"""`import`: specs for live objects, so that a plan from them changes nothing but the marker.

Pure: gets a `World` and gives files as text. `survey` says what each live object is to us, `naming` what its spec is
called, `drafts` writes it down, `adopt` keeps what is proven to be right, `document` tells of all of it.
"""
