"""The onboarding page for employees and the runbook for administrators, made from specs: values, and no I/O.

`gather` collects what the specs say into a `Situation`, `employees` and `runbook` make a `Guide` of it. A guide is a
document of sections and blocks, which `render` turns into Markdown or HTML.
"""
