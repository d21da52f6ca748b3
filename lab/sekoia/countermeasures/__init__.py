"""Countermeasures of alerts, which the interface calls tasks."""
