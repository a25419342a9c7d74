"""Whether a tenant is ready for just-in-time registration, and why one person's device does not register.

Pure: `checks` and `links` over evidence (`model`) that `engine.examine` reads. `cli.doctor` puts both together.
"""
