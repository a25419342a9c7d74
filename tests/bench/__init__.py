"""Measurements, for `make bench`. Never part of the test run: a timed test fails on a busy machine."""
