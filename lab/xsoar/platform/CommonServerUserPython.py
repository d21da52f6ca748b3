"""Stand-in for the customer's own shared code: a fresh platform has none."""
