"""The collections of indicators of the workspace."""
