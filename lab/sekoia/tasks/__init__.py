"""Asynchronous tasks: what bulk calls start."""
