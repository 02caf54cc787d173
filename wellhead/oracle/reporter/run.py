"""A reporter as a process: made from its configuration, served until it is told to stop."""

from __future__ import annotations

import logging
import signal
import socket
from collections.abc import Callable
from contextlib import closing, suppress
from types import FrameType

import uvicorn

from wellhead import toolchain
from wellhead.actions.errors import SetupError
from wellhead.chain import Deployment, KeyAccount, NodeUnreachable, Rpc, RpcError, dev_account
from wellhead.chain.keys import KeyfileAccount, refuse_inside
from wellhead.chain.locality import LOCAL_CHAIN_IDS, is_local, publicly_known
from wellhead.chain.record import DeploymentError, Record
from wellhead.oracle.heard import heard
from wellhead.oracle.measurements import Domain
from wellhead.oracle.reporter.config import ReporterConfig
from wellhead.oracle.reporter.connections import (
    BATCH,
    QUEUE,
    fitting,
    most_connections,
    sweep,
)
from wellhead.oracle.reporter.database import StoreProblem
from wellhead.oracle.reporter.reporter import Reporter
from wellhead.oracle.reporter.service import make_app
from wellhead.oracle.reporter.store import Store
from wellhead.oracle.reporter.view import NodeView
from wellhead.oracle.reporter.watching import Watch
from wellhead.sources import ToolchainError

log = logging.getLogger("wellhead.reporter")

#: Seconds that the node has for an answer.
NODE_PATIENCE = 10.0
DAY = 24 * 3600
#: Seconds that requests in progress have when the process is told to stop.
GRACE = 5

Ask = Callable[[str], str | None]


def open_reporter(config: ReporterConfig, ask: Ask) -> Reporter:
    """The reporter that a configuration describes; `ask` asks a person for a passphrase.

    DeploymentError, KeyProblem or SetupError where it can not be. A node that does not answer is
    no reason: it may come back.
    """
    record = Record.read(config.deployment)
    account = _account(config, record.chain_id, ask)
    rpc = Rpc(config.rpc, timeout=NODE_PATIENCE)

    def check() -> None:
        record.check(config.deployment, rpc)
        _require_own_key(account, rpc)

    try:
        check()
    except (NodeUnreachable, RpcError) as error:
        log.warning("%s", heard(error))
    addresses = record.addresses
    domain = Domain(record.chain_id, addresses["MetricsOracle"], addresses["Contests"])
    try:
        store = Store(config.store, domain, account.address, config.max_bytes)
    except StoreProblem as error:
        raise SetupError(str(error)) from error
    return Reporter(
        account,
        store,
        NodeView(Deployment(rpc, record), check),
        [Watch.of(table) for table in config.clusters],
        config.peers,
        max_skew_s=config.max_skew_s,
        retention_s=config.retention_days * DAY,
        tick_s=config.tick_s,
    )


def serve(
    reporter: Reporter, config: ReporterConfig, ready: Callable[[str], None], verbose: bool
) -> None:
    """Serve until SIGTERM or SIGINT, and close the reporter; `ready` is told the address once it
    listens."""
    app = make_app(reporter, config.limits)
    with closing(reporter), _listening(config.host, config.port) as listener:
        host, port = listener.getsockname()[:2]
        settings = uvicorn.Config(
            app,
            http=fitting(most_connections()),
            ws="none",
            backlog=BATCH,
            log_config=None,
            access_log=verbose,
            lifespan="on",
            server_header=False,
            timeout_graceful_shutdown=GRACE,
        )
        place = f"[{host}]" if ":" in host else host
        server = _Server(settings, lambda: ready(f"http://{place}:{port}"))
        # The server hands the signal that ended it on to who was there before: that is the end.
        before = {number: signal.signal(number, _ignore) for number in _SIGNALS}
        try:
            server.run(sockets=[listener])
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or ():  # the server let few wait
            listener.listen(QUEUE)
        if not self.should_exit:
            self._ready()

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second."""
        if counter % 10 == 0:
            sweep(self.server_state.connections)
        return await super().on_tick(counter)


_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def _ignore(number: int, frame: FrameType | None) -> None:
    pass


def _listening(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=_family(host), backlog=QUEUE)
    except OSError as error:
        raise SetupError(f"can not listen at {host}:{port}: {error.strerror or error}") from error


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _account(config: ReporterConfig, chain_id: int, ask: Ask) -> KeyAccount:
    if config.dev_account is not None:
        if chain_id not in LOCAL_CHAIN_IDS:
            raise SetupError(
                f"dev_account is for local chains, and {config.deployment} is of chain {chain_id}"
            )
        return dev_account(config.dev_account)
    assert config.keyfile is not None  # noqa: S101
    if chain_id not in LOCAL_CHAIN_IDS:
        with suppress(ToolchainError):  # an installed package has no project folder
            refuse_inside(config.keyfile, toolchain.project_root())
    return KeyfileAccount(config.keyfile, ask).unlock()


def _require_own_key(account: KeyAccount, rpc: Rpc) -> None:
    known = None if is_local(rpc) else publicly_known(account.address)
    if known is not None:
        raise DeploymentError(
            f"{account.address} is {known}, whose key everybody has: it is for local chains only"
        )
