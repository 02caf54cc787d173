"""A real Prometheus scrapes a real HTTP exporter that shows recorded pages; what it knows
afterwards makes the right measurement.

The pages are a recorded one of eight H100 (tests/data/telemetry), with constructed energy counters
and activity: the recorded one has none. No duration matters: every look that is measured is at a
second in which the server had scraped the page that is meant, and no other.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.exporter import Exporter
from tests.support.live import free_port
from tests.support.prometheus import PROGRAM, Prometheus
from wellhead import toolchain
from wellhead.model.terms import Kind
from wellhead.oracle.bookings import Bookings
from wellhead.oracle.hours import HOUR, Frame, measure_hour
from wellhead.oracle.readings import HourSamples, Moment
from wellhead.oracle.sources import PrometheusConfig, Source, SourceError, make_source

TELEMETRY = Path(__file__).parents[1] / "data" / "telemetry"
RECORDED = (TELEMETRY / "dcgm_exporter_h100_node.prom").read_text("utf-8")
UUIDS = re.findall(r'DCGM_FI_DEV_GPU_TEMP\{gpu="\d",UUID="([^"]+)"', RECORDED)
SCRIPT = toolchain.project_root() / "scripts" / "fetch_prometheus.sh"

needs_prometheus = pytest.mark.skipif(
    not PROGRAM.exists(), reason="Debian's Prometheus is not here: make prometheus says why"
)


def page(energy_mj: int, present: int = 8) -> str:
    """The recorded page, of so many of its GPUs, with a counter that stands at `energy_mj` on the
    first GPU and a million more on each next one; the first is half active."""
    kept = [
        line for line in RECORDED.splitlines() if not any(uuid in line for uuid in UUIDS[present:])
    ]
    kept.append("# TYPE DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION counter")
    for number, uuid in enumerate(UUIDS[:present]):
        labels = f'{{gpu="{number}",UUID="{uuid}",modelName="NVIDIA H100 80GB HBM3"}}'
        value = energy_mj + number * 1_000_000
        kept.append(f"DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{labels} {value}")
    labels = f'{{gpu="0",UUID="{UUIDS[0]}"}}'
    kept.append("# TYPE DCGM_FI_PROF_GR_ENGINE_ACTIVE gauge")
    kept.append(f"DCGM_FI_PROF_GR_ENGINE_ACTIVE{labels} 0.5")
    return "\n".join(kept) + "\n"


#: What is shown in turn: a GPU disappears; it comes back, and the counters begin anew; the exporter
#: is down for a while.
PAGES: list[str | None] = [
    page(500_000_000),
    page(500_700_000, present=7),
    page(90_000),
    None,
    page(250_000),
]


@pytest.fixture(scope="module")
def exporter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exporter]:
    exporter = Exporter(free_port(), tmp_path_factory.mktemp("exporter") / "metrics")
    yield exporter
    exporter.close()


@pytest.fixture(scope="module")
def prometheus(
    tmp_path_factory: pytest.TempPathFactory, exporter: Exporter
) -> Iterator[Prometheus]:
    with Prometheus(tmp_path_factory.mktemp("prometheus"), exporter.port) as server:
        yield server


@pytest.fixture(scope="module")
def looks(prometheus: Prometheus, exporter: Exporter) -> list[int]:
    """A second, unix time, for each page: the server had scraped it by then, and went on to."""
    return [look_at(prometheus, exporter, shown) for shown in PAGES]


def look_at(prometheus: Prometheus, exporter: Exporter, shown: str | None) -> int:
    exporter.show(shown)
    values = dict(re.findall(r'CONSUMPTION\{gpu="\d",UUID="([^"]+)".* (\d+)$', shown or "", re.M))
    wanted = {uuid: float(value) for uuid, value in values.items()}

    def is_scraped() -> bool:
        found = prometheus.ask("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION")
        up = prometheus.ask('up{job="dcgm"}')
        return found == wanted and up == {"dcgm": float(shown is not None)}

    prometheus.wait(is_scraped, "scraped the page")
    # The next whole second, and a scrape beyond it: the page has not changed until then.
    second = int(time.time()) + 1
    prometheus.wait(
        lambda: prometheus.ask('timestamp(up{job="dcgm"})').get("dcgm", 0) > second, "went on"
    )
    assert is_scraped()
    return second


def source_of(prometheus: Prometheus, fresh_s: int = 60) -> Source:
    return make_source(
        PrometheusConfig(url=prometheus.url, matcher='job="dcgm"', step_s=1, fresh_s=fresh_s)
    )


def measured_moments(prometheus: Prometheus, looks: list[int]) -> list[Moment]:
    moments = source_of(prometheus).read(looks[0], looks[-1] + 1)
    # It looked at every second, though the exporter was down in some of them.
    assert [moment.time_s for moment in moments] == list(range(looks[0], looks[-1] + 1))
    return [moment for moment in moments if moment.time_s in looks]


@needs_prometheus
def test_what_a_server_scraped_is_what_was_shown(prometheus: Prometheus, looks: list[int]) -> None:
    moments = measured_moments(prometheus, looks)
    assert [len(moment.readings) for moment in moments] == [8, 7, 8, 0, 8]
    first = {reading.device: reading for reading in moments[0].readings}
    assert {*first} == {*UUIDS}
    busy, idle = first[UUIDS[0]], first[UUIDS[7]]
    assert (busy.active_ppm, busy.power_mw, busy.energy_mj) == (500_000, 113_611, 500_000_000)
    # No engine activity is recorded of the others, so it is the driver's utilization.
    assert (idle.active_ppm, idle.power_mw, idle.energy_mj) == (0, 66_997, 507_000_000)
    assert {reading.model for reading in first.values()} == {"NVIDIA H100 80GB HBM3"}


@needs_prometheus
def test_what_a_server_scraped_makes_the_right_measurement(
    prometheus: Prometheus, looks: list[int]
) -> None:
    # Moved to an hour's middle: a test may run across an hour's end.
    begin = 500 * HOUR
    shift = begin + 1800 - looks[0]
    moments = [
        replace(moment, time_s=moment.time_s + shift)
        for moment in measured_moments(prometheus, looks)
    ]
    frame = Frame(1, 500, Bookings(6), attested=8, kind=Kind.TRAINING, sku="H100-SXM5-80GB")
    measured = measure_hour(frame, HourSamples(None, tuple(moments)))
    sample = measured.sample
    assert measured.moments == 5
    assert sample.working == (8 + 7 + 8 + 0 + 8) * 1000 // 5
    assert sample.available == (6 + 6 + 6 + 0 + 6) * 1000 // 5
    assert sample.measured == 4 * 500_000 // (8 * 5)
    # 700 J of seven GPUs; after the reset what the counters stand at, 90 J and 1,000 J more on each
    # next one; and over the outage 160 J of eight.
    assert sample.energy == 7 * 700 + 8 * 90 + 28 * 1_000 + 8 * 160
    assert sample.work == 0


@needs_prometheus
def test_while_the_server_was_stopped_nobody_looked(
    prometheus: Prometheus, looks: list[int]
) -> None:
    source = source_of(prometheus, fresh_s=1)
    prometheus.stop()
    stopped = int(time.time()) + 1
    with pytest.raises(SourceError, match="no Prometheus answers at 127"):
        source.read(looks[0], looks[-1] + 1)
    # What it knew at the end is stale a second later; then comes one in which nobody looks.
    silent = stopped + 2
    time.sleep(max(0.0, silent + 0.1 - time.time()))
    prometheus.start()
    assert source.read(silent, silent + 1) == []
    # Without the limit its last values would be carried on.
    (lenient,) = source_of(prometheus).read(silent, silent + 1)
    assert len(lenient.readings) == 8


def fetch(root: Path, *stubs: tuple[str, str]) -> str:
    """What the script says in another checkout, on a machine that has these commands."""
    (root / "scripts").mkdir()
    shutil.copy(SCRIPT, root / "scripts")
    tools = root / "tools"
    tools.mkdir()
    for name in ("dirname", "mkdir", "rm", "mv", "grep", "cat"):
        tools.joinpath(name).symlink_to(str(shutil.which(name)))
    for name, program in stubs:
        tools.joinpath(name).write_text(f"#!/bin/sh\n{program}\n")
        tools.joinpath(name).chmod(0o755)
    command = ["/bin/sh", str(root / "scripts" / SCRIPT.name)]
    done = subprocess.run(
        command, env={"PATH": str(tools)}, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout


def test_without_apt_get_the_script_says_so_and_goes_on(tmp_path: Path) -> None:
    assert fetch(tmp_path) == (
        "wellhead: no Prometheus for its test (this machine has no apt-get): that test will be "
        "skipped\n"
    )


def test_what_apt_get_can_not_fetch_is_done_without(tmp_path: Path) -> None:
    said = fetch(
        tmp_path,
        ("apt-get", "echo 'E: Unable to locate package prometheus' >&2; exit 100"),
        ("dpkg", "exit 1"),
    )
    assert said.splitlines()[1:] == [
        "wellhead: no Prometheus for its test (E: Unable to locate package prometheus): that test "
        "will be skipped"
    ]
    assert list((tmp_path / ".wellhead").iterdir()) == []


def test_what_is_fetched_is_unpacked_and_not_fetched_again(tmp_path: Path) -> None:
    unpack = 'mkdir -p "$3/usr/bin"; /bin/cp /bin/true "$3/usr/bin/prometheus"'
    said = fetch(
        tmp_path,
        ("apt-get", "echo package >prometheus_1_amd64.deb"),
        ("dpkg", f"test -s $2 && {{ {unpack}; }}"),
    )
    assert said == "wellhead: fetching Debian's Prometheus\n"
    (kept,) = (tmp_path / ".wellhead").iterdir()
    assert (kept / "usr" / "bin" / "prometheus").exists()
    command = ["/bin/sh", str(tmp_path / "scripts" / SCRIPT.name)]
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert again.stdout + again.stderr == ""
