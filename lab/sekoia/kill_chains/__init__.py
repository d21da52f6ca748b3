"""The seven stages of the kill chain."""
