"""Rebuilding every contract's storage from events alone, and comparing it with the chain's.

This is a third implementation of the contracts, beside Solidity and `wellhead.model`: it knows no
calls, only events, and keeps state as the contracts' storage has it, so that the storage root of
each contract can be computed and compared. What a formula gives is computed again and compared
with what the event says; what an event alone can say ends up in storage, or is vouched for by the
receipts' root of its block.
"""
