"""The rules of the catalogue and the filters that keep them from raising alerts."""
