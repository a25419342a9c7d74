"""The files of a repository that works at once: workspace, examples, pipelines, editor settings. Called by `cli.init`.

The files stand in `templates/` as they are written, but for a few words in capitals between @; `dot-` at the front of a
name stands for the dot. The example specs are those of this repository, the versions that pipelines install its own.
"""
