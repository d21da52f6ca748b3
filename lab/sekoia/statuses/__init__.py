"""Custom statuses and verdicts of the workspace, and the legacy constants."""
