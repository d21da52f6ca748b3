"""Alerts, their workflow, their comments and their history."""
