"""Runs a user's Python function for Millrace. See worker/protocol/README.md."""

PROTOCOL_VERSION = 1
