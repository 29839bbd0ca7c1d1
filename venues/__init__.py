"""Venue integrations: one folder a venue, the same file names in each."""
