"""The I/O border to Microsoft Graph: sign in, read, write; nothing of Intune's objects.

Importing this package, `errors` or `client` costs nothing: the SDK is imported when `connect` is called.
"""
