"""Mutation test: do the tests notice when a contract is a little wrong? `make mutate`."""
