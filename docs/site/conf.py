"""How Sphinx makes the documentation site; `make docs` calls it on what `source.py` writes."""

project = "reconciler"
html_title = "reconciler"
extensions = ["myst_parser"]
myst_heading_anchors = 4
html_theme = "furo"
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
smartquotes = False  # names and values are to be copied as they are
exclude_patterns: list[str] = []
# Nothing is fetched to read a page, so that the site works from a folder, in a network without a way out.
html_theme_options = {"sidebar_hide_name": False, "navigation_with_keys": True}
