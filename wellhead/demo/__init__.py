"""The demonstration: a real cluster's trace, replayed hour by hour on a chain of its own."""
