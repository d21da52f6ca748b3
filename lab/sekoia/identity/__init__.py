"""Keys, permissions and who the caller is."""
