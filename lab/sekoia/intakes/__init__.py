"""The intakes that bring events into the tenant."""
