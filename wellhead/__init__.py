"""Wellhead: GPU capacity as an on-chain asset."""
