"""Custom fields of alerts and cases."""
