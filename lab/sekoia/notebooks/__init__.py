"""Queries in SOL, their runs, and what SOL rules found."""
