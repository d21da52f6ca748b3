"""What fetch costs: calls, seconds and peak memory, beside the same work done one call per object."""
