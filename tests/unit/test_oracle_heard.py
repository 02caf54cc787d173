"""What exporters, peers and nodes say stands in logs and sentences in few words, and as words."""

from __future__ import annotations

import json
from pathlib import Path
from unittest.mock import MagicMock

import httpx
import pytest

from tests.support.oracle_bench import ME, Benches
from tests.support.oracle_views import GENESIS, looks
from wellhead.chain import RpcError
from wellhead.oracle import client as client_module
from wellhead.oracle import wire
from wellhead.oracle.client import ReporterClient, ReporterRefused, ReporterUnreachable
from wellhead.oracle.heard import MOST, heard
from wellhead.oracle.reporter.peers import Peers
from wellhead.oracle.reporter.view import NodeView, Unready
from wellhead.oracle.sources import DcgmConfig, SourceError, make_source
from wellhead.oracle.sources import dcgm as dcgm_module

#: Words that end a line, begin another, and have a terminal do something.
LIE = "no\x1b[2J\r\n2026-11-29 21:00:00,000 WARNING all is well\x07"
SHOWN = r"no\x1b[2J\r\n2026-11-29 21:00:00,000 WARNING all is well\x07"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("", ""),
        (LIE, SHOWN),
        (ValueError("Grüße"), "Grüße"),
        ("\u202eegassem\ud800", r"\u202eegassem\ud800"),
        ("x" * MOST, "x" * MOST),
        ("x" * (MOST + 1), "x" * MOST + " ..."),
    ],
)
def test_what_is_heard_stands_on_one_line(said: object, shown: str) -> None:
    assert heard(said) == shown


def look(caplog: pytest.LogCaptureFixture, page: str) -> str:
    """What a look at an exporter that shows this page writes into the log."""
    http = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, text=page)))
    config = DcgmConfig(urls=["http://node:9400/metrics"])
    (moment,) = make_source(config, lambda: 100, http).read(100, 101)
    assert moment.readings == ()
    (message,) = caplog.messages
    caplog.clear()
    return message


@pytest.mark.parametrize(
    "page",
    [
        "DCGM_FI_DEV_GPU_UTIL{%s=x} 1\n" % ("a" * 5000),
        "DCGM_FI_DEV_GPU_UTIL %s\n" % ("z" * 5000),
        "DCGM_FI_DEV_GPU_UTIL{a=%s} 1\n" % ("\x1b[2J\x07" * 1000),
        "DCGM_FI_DEV_GPU_UTIL 1\r2026-11-29 21:00:00,000 WARNING all is well\n",
    ],
    ids=["label", "value", "escapes", "line"],
)
def test_an_exporter_writes_no_log(caplog: pytest.LogCaptureFixture, page: str) -> None:
    message = look(caplog, page)
    assert message.startswith("node:9400 shows nothing: ")
    assert message.isprintable()
    assert len(message) < 1000


def test_a_line_that_is_too_long_is_not_read(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page is believed whole or not at all, and what it takes grows with the square of a line."""
    monkeypatch.setattr(dcgm_module, "text_string_to_metric_families", None)
    line = "x" * dcgm_module.MOST_LINE
    said = "node:9400 shows nothing: a line has more than 16,384 characters"
    assert look(caplog, f"DCGM_FI_DEV_GPU_UTIL 1\n{line}\n") == said
    assert look(caplog, line[:-1] + "\n").startswith("node:9400 shows nothing: no metrics page")


@pytest.mark.parametrize("detail", [LIE, "y" * 5000], ids=["lie", "length"])
def test_a_peer_writes_no_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, detail: str
) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(429, text=json.dumps({"reason": "busy", "detail": detail}))

    transport = httpx.MockTransport(answer)
    monkeypatch.setattr(client_module, "http_client", lambda *_: httpx.Client(transport=transport))
    peers = Peers(["http://peer"], ME)
    assert peers.measurements(1, GENESIS, GENESIS + 1) == []
    peers.close()
    told = f"the reporter at http://peer refuses: {SHOWN if detail == LIE else 'y' * 500 + ' ...'}"
    assert caplog.messages == [told]


def test_who_speaks_no_http_writes_no_log(caplog: pytest.LogCaptureFixture) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise httpx.RemoteProtocolError(f"illegal status line: {LIE}{'z' * 5000}")

    with (
        ReporterClient("http://peer", ME, transport=httpx.MockTransport(answer)) as client,
        pytest.raises(ReporterUnreachable) as caught,
    ):
        client.health()
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1000


def test_a_refusal_of_ones_own_is_cut_too() -> None:
    """Whoever asks may put what they like into it; and it must be one that is taken."""
    refused = wire.Refused(reason="malformed", detail=f"{LIE} {'z' * 5000}: is not known here")
    assert refused.detail == f"{SHOWN} {'z' * (499 - len(LIE))} ..."
    again = wire.Refused.model_validate_json(refused.model_dump_json())
    assert again.reason == "malformed"
    assert str(ReporterRefused("http://me", again)).isprintable()


def test_a_source_that_fails_says_so_in_a_sentence() -> None:
    assert str(SourceError(LIE)) == SHOWN
    assert len(str(SourceError("x" * 5000))) < 600


def test_a_device_is_named_in_words(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Its exporter names it: in the log, and in what a reporter says of itself."""
    benches = Benches(tmp_path)
    bench = benches(1, 2)
    for number in (1, 2):
        bench.sources[number].moments = looks(GENESIS, [LIE])
        bench.own(cluster=number)
    assert f"device {SHOWN} counts as absent, it stands in cluster 1" in caplog.text
    assert f"they stand in cluster 1: {SHOWN}" in bench.problems()
    benches.close()


def test_a_node_writes_no_log() -> None:
    def check() -> None:
        raise RpcError("eth_chainId", {"code": 1, "message": f"{LIE}{'x' * 5000}"})

    with pytest.raises(Unready) as caught:
        NodeView(MagicMock(), check).now()
    assert str(caught.value).startswith(f"eth_chainId: {SHOWN}xxx")
    assert len(str(caught.value)) < 600
