"""Making every report again from what the reporters keep."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path

from wellhead.actions.books import BooksError
from wellhead.chain import Deployment
from wellhead.oracle.audit.evidence import Joined
from wellhead.oracle.audit.findings import Audit
from wellhead.oracle.audit.stored import StoredEvidence
from wellhead.oracle.audit.verifying import span, verify
from wellhead.oracle.chain import ChainView


def check(deployment: Deployment, stores: list[Path], cluster: int) -> Audit:
    """What `wellhead oracle verify` does, of all hours of a cluster; BooksError where anything is
    wrong or missing."""
    domain = ChainView(deployment).domain
    with ExitStack() as stack:
        sources = [stack.enter_context(closing(StoredEvidence(store, domain))) for store in stores]
        audit = verify(deployment, Joined(sources), span(deployment, cluster, None, None))
    if audit.verdict != "sound":
        first = audit.findings[0]
        raise BooksError(f"hour {first.begin} of cluster {cluster}: {first.detail}")
    return audit
