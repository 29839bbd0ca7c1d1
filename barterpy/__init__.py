"""Composable stream transformations for exchanges."""
