"""Counters over the alerts, and the team's response times."""
