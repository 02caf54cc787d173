"""Every core operation, prepared and sent once, as the gas table measures it.

Each function gets a stage, mostly with one cluster of 1,000 units, prepares what the operation
needs, and yields the receipts of the measured transactions: the table shows the worst. Where the
place on the hour grid matters, that is one for each of 24 hours. A new function needs nothing but
its decorator to be measured, compared and shown in docs/gas.md.
"""

from __future__ import annotations

from tests.gas import compliance, market, oracle, revenue, supply, tokens
from tests.gas.table import FOUND, Operation

#: In the table's order.
OPERATIONS: dict[str, Operation] = {
    name: operation
    for module in (supply, oracle, market, revenue, tokens, compliance)
    for name, operation in FOUND.items()
    if operation.run.__module__ == module.__name__
}
