"""Tests of the pure core: laws over generated specs and live objects, and units."""
