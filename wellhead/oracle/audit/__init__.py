"""Checking what is on chain, down to raw samples, and proofs of single ones."""
