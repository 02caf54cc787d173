"""A reporter: measures clusters, shows the others what it measured, and signs medians."""
