"""A reporter's configuration: what it says, and a sentence for everything that is wrong in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wellhead.actions.errors import BadInput
from wellhead.oracle.reporter.config import ReporterConfig, read_config
from wellhead.oracle.reporter.watching import Watch
from wellhead.toolchain import project_root

LEAST = """
store = "store.sqlite"
rpc = "http://127.0.0.1:8545"
deployment = "31337.json"
dev_account = 20
"""
CLUSTER = """
[[clusters]]
cluster = 1
"""
TRACE = """
[[clusters.sources]]
kind = "trace"
path = "trace.csv"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "reporter.toml"
    path.write_text(text, "utf-8")
    return path


def read(folder: Path, text: str) -> ReporterConfig:
    return read_config(written(folder, text))


def test_the_example_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEPOLIA_KEY", "abc")
    path = project_root() / "deployments" / "reporter.toml"
    config = read_config(path)
    assert config.rpc == "https://sepolia.example/abc"
    assert config.store == path.parent / "reporter.sqlite"
    assert config.keyfile == path.parent / "reporter-key.json"
    assert [Watch.of(table).is_live for table in config.clusters] == [True, False]
    assert config.clusters[0].canaries[0].challenger()
    # What it says of a default is the default.
    plain = ReporterConfig.model_validate(
        {"store": "s", "rpc": "http://a", "deployment": "d", "dev_account": 20}
    )
    for name in ("host", "port", "retention_days", "max_skew_s", "tick_s", "limits"):
        assert getattr(config, name) == getattr(plain, name), name
    # And it names every setting.
    text = path.read_text("utf-8")
    for name in ReporterConfig.model_fields:
        assert re.search(rf"^(# |\[+)?{name}\b", text, re.MULTILINE), name


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    config = read(tmp_path, LEAST + CLUSTER + TRACE)
    assert config.store == tmp_path / "store.sqlite"
    assert config.deployment == tmp_path / "31337.json"
    (source,) = config.clusters[0].sources
    assert source.kind == "trace"
    assert source.path == tmp_path / "trace.csv"
    elsewhere = read(tmp_path, LEAST.replace('"store.sqlite"', '"/var/store"'))
    assert elsewhere.store == Path("/var/store")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("store = ", "not TOML"),
        (LEAST.replace("store =", "shop ="), "store: is missing (and 1 more)"),
        (LEAST + "colour = 1", "colour: is not known here"),
        (LEAST.replace("http:", "ftp:"), "rpc: "),
        (LEAST.replace("127.0.0.1", "${NOT_SET_ANYWHERE}"), "variable NOT_SET_ANYWHERE, which is"),
        (LEAST.replace("20", "19"), "dev_account: Input should be greater than or equal to 20"),
        (LEAST.replace("dev_account = 20", ""), "the key: give keyfile"),
        (LEAST + 'keyfile = "key"', "the key: give keyfile"),
        (LEAST + "max_bytes = 4096", "max_bytes: "),
        (LEAST + 'peers = ["somewhere"]', "peers.0: "),
        (LEAST + CLUSTER, "clusters.0.sources: is missing"),
        (LEAST + CLUSTER + "sources = []", "clusters.0.sources: "),
        (LEAST + CLUSTER + "sources = 7", "clusters.0.sources: "),
        (LEAST + "clusters = 7", "clusters: "),
        (LEAST + "clusters = [7]", "clusters.0: "),
        (LEAST + (CLUSTER + TRACE) * 2, "clusters names cluster 1 twice"),
        (LEAST + CLUSTER + TRACE.replace('"trace"', '"tarot"'), "clusters.0.sources.0: "),
        (
            LEAST + CLUSTER + "interval_s = 301" + TRACE,
            "clusters.0: interval_s = 301 is longer than max_gap_s = 300",
        ),
        (
            LEAST + CLUSTER + TRACE + '[[clusters.sources]]\nkind = "nvml"',
            "clusters.0: live sources (dcgm, nvml) and such as remember",
        ),
        (
            LEAST + CLUSTER + TRACE + '[[clusters.canaries]]\nkind = "gemm"\ncommand = []',
            "clusters.0.canaries.0.command: ",
        ),
        (
            LEAST
            + CLUSTER
            + "settle_s = 59"
            + TRACE
            + '[[clusters.canaries]]\nkind = "gemm"\ncommand = ["true"]',
            "clusters.0: a canary's timeout_s = 60 is longer than settle_s = 59",
        ),
    ],
)
def test_what_is_wrong_is_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(tmp_path, text)
    assert said in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "reporter.toml"))


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="can not be read"):
        read_config(tmp_path / "nothing.toml")
