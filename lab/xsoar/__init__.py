"""A minimal Cortex XSOAR host: it runs a built content pack as the platform would, and knows no vendor."""
