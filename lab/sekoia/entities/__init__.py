"""The entities (sites, subsidiaries) that alerts and intakes belong to."""
