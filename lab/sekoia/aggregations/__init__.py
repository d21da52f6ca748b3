"""Counts and measures over events, without a search job."""
