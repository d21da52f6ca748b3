"""Massive exports of events, and the store that their files are taken from."""
