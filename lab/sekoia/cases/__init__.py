"""Cases: alerts and events gathered for one investigation."""
