"""Assets of the workspace (asset management, version 2)."""
