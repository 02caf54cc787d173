"""Scraping dcgm-exporters: recorded pages, constructed ones, and what is none."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from wellhead.oracle.readings import Moment, Reading
from wellhead.oracle.sources import DcgmConfig, make_source
from wellhead.oracle.sources import dcgm as dcgm_module
from wellhead.oracle.sources.dcgm_fields import FATAL_XIDS

TELEMETRY = Path(__file__).parents[1] / "data" / "telemetry"
NOW = 1_780_000_123
L4 = "GPU-c2f76b33-7953-256e-8f33-1343419b1a1c"

Pages = dict[str, str | int | Exception]


def recorded(name: str) -> str:
    return (TELEMETRY / name).read_text("utf-8")


def scrape(pages: Pages, weight: int = 1000) -> Moment:
    """One look at exporters that show these pages, by host; a number is a status."""

    def handle(request: httpx.Request) -> httpx.Response:
        page = pages[request.url.host]
        if isinstance(page, Exception):
            raise page
        return httpx.Response(page) if isinstance(page, int) else httpx.Response(200, text=page)

    config = DcgmConfig(urls=[f"http://{host}:9400/metrics" for host in pages], weight_milli=weight)
    http = httpx.Client(transport=httpx.MockTransport(handle))
    (moment,) = make_source(config, lambda: NOW, http).read(NOW, NOW + 1)
    assert moment.time_s == NOW
    return moment


def readings(page: str, weight: int = 1000) -> dict[str, Reading]:
    return {reading.device: reading for reading in scrape({"node": page}, weight).readings}


def test_the_recorded_files_are_what_their_attribution_says() -> None:
    attribution = recorded("ATTRIBUTION.md")
    for path in sorted(TELEMETRY.iterdir()):
        if path.name.startswith("constructed"):
            assert "Constructed, not recorded" in path.read_text("utf-8").splitlines()[0]
        elif path.suffix != ".md":
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            assert f"{digest}  {path.name}\n" in attribution


def test_a_recorded_page_with_the_whole_default_set() -> None:
    assert readings(recorded("dcgm_exporter_l4_full.prom")) == {
        L4: Reading(
            device=L4,
            model="NVIDIA L4",
            active_ppm=0,
            tensor_ppm=0,
            power_mw=16_365,
            energy_mj=4_742_776,
        )
    }


def test_a_recorded_node_that_shows_little() -> None:
    found = list(readings(recorded("dcgm_exporter_h100_node.prom")).values())
    assert len(found) == 8
    assert {reading.model for reading in found} == {"NVIDIA H100 80GB HBM3"}
    assert sorted(reading.power_mw or 0 for reading in found)[-1] == 113_611
    assert {(r.active_ppm, r.tensor_ppm, r.energy_mj, r.healthy) for r in found} == {
        (0, None, None, True)
    }


def test_the_order_of_lines_and_addresses_does_not_matter() -> None:
    pages: Pages = {
        "a": recorded("dcgm_exporter_h100_node.prom"),
        "b": recorded("dcgm_exporter_h100_node_idle.prom"),
        "c": recorded("constructed_mig.prom"),
    }
    first = scrape(pages)
    assert len(first.readings) == 8 + 8 + 7
    shuffled = {}
    for host, page in reversed(pages.items()):
        lines = str(page).splitlines()
        random.Random(1).shuffle(lines)
        shuffled[host] = "\n".join(line for line in lines if line[0] != "#") + "\n"
    assert scrape(dict(shuffled)) == first


def test_a_gpu_that_two_exporters_show_is_there_once() -> None:
    page = recorded("dcgm_exporter_l4_full.prom")
    moment = scrape({"a": page, "b": page.replace(" 16.365000", " 17.5")})
    assert [reading.power_mw for reading in moment.readings] == [17_500]


def test_counters_may_end_in_total_and_host_names_be_written_small() -> None:
    page = recorded("dcgm_exporter_l4_full.prom").replace("Hostname=", "hostname=")
    page = page.replace("ENERGY_CONSUMPTION{", "ENERGY_CONSUMPTION_total{")
    assert readings(page)[L4].energy_mj == 4_742_776


def test_a_device_without_uuid_goes_by_its_place() -> None:
    page = recorded("dcgm_exporter_l4_full.prom").replace(f'UUID="{L4}",', "")
    assert list(readings(page)) == ["i-030791dc5a37cd257/0"]
    assert list(readings(page.replace('Hostname="i-030791dc5a37cd257",', ""))) == ["node:9400/0"]
    assert readings(page.replace('gpu="0",', "")) == {}


def line(name: str, value: object, **labels: str) -> str:
    said = {"gpu": "0", "UUID": "GPU-x", "modelName": "NVIDIA L4", **labels}
    listed = ",".join(f'{label}="{text}"' for label, text in said.items())
    return f"{name}{{{listed}}} {value}\n"


def test_activity_is_the_engine_s_where_it_is_shown() -> None:
    by_driver = line("DCGM_FI_DEV_GPU_UTIL", 100)
    assert readings(by_driver)["GPU-x"].active_ppm == 1_000_000
    by_engine = by_driver + line("DCGM_FI_PROF_GR_ENGINE_ACTIVE", 0.183207)
    assert readings(by_engine)["GPU-x"].active_ppm == 183_207


@pytest.mark.parametrize("value", [0.1234567, "1.234567e-1", "0.12345699999999"])
def test_values_are_rounded_down_from_what_is_written(value: object) -> None:
    page = line("DCGM_FI_PROF_GR_ENGINE_ACTIVE", value)
    assert readings(page)["GPU-x"].active_ppm == 123_456


def test_more_than_always_is_always() -> None:
    assert readings(line("DCGM_FI_DEV_GPU_UTIL", 100.1))["GPU-x"].active_ppm == 1_000_000


@pytest.mark.parametrize(
    "blank",
    [
        "9223372036854775794",
        "9223372036854775792",
        "9.223372036854775807e+18",
        "140737488355328",
        "140737488355330",
        "NaN",
        "+Inf",
        "-1",
    ],
)
def test_blank_values_are_missing(blank: str) -> None:
    alive = line("DCGM_FI_DEV_GPU_TEMP", 31)
    page = alive + "".join(
        line(name, blank)
        for name in (
            "DCGM_FI_DEV_GPU_UTIL",
            "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE",
            "DCGM_FI_DEV_POWER_USAGE",
            "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION",
            "DCGM_FI_DEV_XID_ERRORS",
            "DCGM_FI_DEV_ROW_REMAP_FAILURE",
        )
    )
    assert readings(page)["GPU-x"] == Reading("GPU-x", model="NVIDIA L4")
    # A device of which nothing is known but that it is not known is not there.
    assert readings(page.removeprefix(alive)) == {}


def test_the_energy_of_six_years_is_no_blank() -> None:
    page = line("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", 140737488355327)
    assert readings(page)["GPU-x"].energy_mj == 140_737_488_355_327


@pytest.mark.parametrize(("xid", "healthy"), [(0, True), (13, True), (63, True), (94, True)])
def test_errors_that_a_gpu_survives(xid: int, healthy: bool) -> None:
    page = line("DCGM_FI_DEV_GPU_TEMP", 31) + line("DCGM_FI_DEV_XID_ERRORS", xid)
    assert readings(page)["GPU-x"].healthy is healthy


@pytest.mark.parametrize("xid", [48, 62, 64, 74, 79, 95, 119, 120])
def test_errors_that_only_a_reset_ends(xid: int) -> None:
    assert xid in FATAL_XIDS
    page = line("DCGM_FI_DEV_GPU_TEMP", 31) + line("DCGM_FI_DEV_XID_ERRORS", xid)
    assert not readings(page)["GPU-x"].healthy
    # The exporter shows it once for every container on the GPU.
    page += line("DCGM_FI_DEV_XID_ERRORS", 0, container="other")
    assert not readings(page)["GPU-x"].healthy


def test_a_row_that_could_not_be_remapped() -> None:
    page = line("DCGM_FI_DEV_GPU_TEMP", 31) + line("DCGM_FI_DEV_ROW_REMAP_FAILURE", 1)
    assert not readings(page)["GPU-x"].healthy


def test_a_serial_number_where_it_is_shown() -> None:
    page = line("DCGM_FI_DEV_GPU_TEMP", 31, DCGM_FI_DEV_SERIAL="1650522003820")
    assert readings(page)["GPU-x"].serial == "1650522003820"


def test_slices_count_for_their_part_and_the_gpu_once() -> None:
    a100 = "NVIDIA A100-SXM4-40GB"
    assert readings(recorded("constructed_mig.prom")) == {
        "GPU-a100": Reading(
            "GPU-a100", "", a100, weight_milli=0, power_mw=231_700, energy_mj=900_000_731
        ),
        "GPU-a100/1": Reading(
            "GPU-a100/1",
            model=f"{a100} MIG 3g.20gb",
            weight_milli=428,
            active_ppm=875_000,
            tensor_ppm=500_000,
        ),
        "GPU-a100/2": Reading(
            "GPU-a100/2",
            model=f"{a100} MIG 4g.20gb",
            weight_milli=572,
            active_ppm=250_000,
            tensor_ppm=125_000,
        ),
        "GPU-a30": Reading("GPU-a30", model="NVIDIA A30", weight_milli=0),
        # Cut into four, of which the first two slices have a quarter and a half.
        "GPU-a30/3": Reading(
            "GPU-a30/3",
            model="NVIDIA A30 MIG 1g.6gb",
            weight_milli=250,
            healthy=False,
            active_ppm=100_000,
        ),
        "GPU-a30/10": Reading(
            "GPU-a30/10",
            model="NVIDIA A30 MIG 2g.12gb",
            weight_milli=500,
            active_ppm=200_000,
        ),
        "GPU-h100": Reading("GPU-h100", model="NVIDIA H100 80GB HBM3", active_ppm=370_000),
    }


def slices(profiles: list[str]) -> str:
    return "".join(
        line("DCGM_FI_DEV_GPU_TEMP", 40, GPU_I_ID=str(number), GPU_I_PROFILE=profile)
        for number, profile in enumerate(profiles)
    )


@pytest.mark.parametrize(
    ("profiles", "weights"),
    [
        (["1g.5gb"] * 7, [142, 143, 143, 143, 143, 143, 143]),
        (["1g.5gb"] * 9, [142, 143, 143, 143, 143, 143, 143, 0, 0]),
        (["7g.40gb"], [1000]),
        (["1c.3g.20gb", "2c.3g.20gb"], [142, 286]),
        (["1g.10gb+me"], [142]),
        (["1g.5gb", "8g.80gb", "0g.5gb", "all", ""], [142, 0, 0, 0, 0]),
    ],
)
def test_shares_of_slices(profiles: list[str], weights: list[int]) -> None:
    found = readings(slices(profiles))
    assert found.pop("GPU-x").weight_milli == 0
    assert [reading.weight_milli for _, reading in sorted(found.items())] == weights


def test_a_gpu_that_is_shown_beside_its_slices_counts_for_nothing_more() -> None:
    whole = line("DCGM_FI_DEV_GPU_TEMP", 40) + line("DCGM_FI_DEV_POWER_USAGE", 200)
    found = readings(whole + slices(["3g.20gb", "4g.20gb"]))
    assert sum(reading.weight_milli for reading in found.values()) == 1000
    assert found["GPU-x"] == Reading("GPU-x", model="NVIDIA L4", weight_milli=0, power_mw=200_000)
    # Its own fatal error is its slices', too.
    failed = whole + line("DCGM_FI_DEV_XID_ERRORS", 79) + slices(["3g.20gb"])
    assert {reading.healthy for reading in readings(failed).values()} == {False}


def test_a_unit_of_eight_gpus() -> None:
    found = readings(recorded("dcgm_exporter_h100_node.prom"), weight=125)
    assert sum(reading.weight_milli for reading in found.values()) == 1000


def test_tokens_come_from_serving_engines() -> None:
    found = readings(recorded("constructed_vllm.prom"))
    name = "serving:engine={},instance=node:9400,model_name=some/model"
    assert found == {
        name.format(0): Reading(name.format(0), weight_milli=0, tokens_count=159_167),
        name.format(1): Reading(name.format(1), weight_milli=0, tokens_count=1_200),
    }


@pytest.mark.parametrize(
    "page",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        500,
        404,
        302,
        "<html><body>Welcome</body></html>",
        "DCGM_FI_DEV_GPU_TEMP{",
        'DCGM_FI_DEV_GPU_TEMP{gpu="0"} many\n',
        '{"status": "ok"}',
        "",
    ],
    ids=repr,
)
def test_whoever_does_not_answer_well_shows_nothing(page: str | int | Exception) -> None:
    assert scrape({"node": page}).readings == ()
    other = recorded("dcgm_exporter_l4_full.prom")
    assert [r.device for r in scrape({"node": page, "other": other}).readings] == [L4]


def test_a_page_is_believed_whole_or_not_at_all() -> None:
    page = recorded("dcgm_exporter_l4_full.prom")
    assert readings(page + 'DCGM_FI_DEV_GPU_TEMP{gpu="0"} many\n') == {}
    assert readings(page.encode()[:2000].decode() + "\n{") == {}


def test_mangled_pages_show_something_or_nothing() -> None:
    page = recorded("dcgm_exporter_l4_full.prom")
    draw = random.Random(7)
    for _ in range(300):
        mangled = list(page)
        for _ in range(draw.randrange(1, 6)):
            at = draw.randrange(len(mangled))
            mangled[at : at + draw.randrange(3)] = draw.choice(
                ["", "{", "}", '"', "\\", "\n", "#", "é"]
            )
        for reading in readings("".join(mangled)).values():
            assert reading.active_ppm is None or 0 <= reading.active_ppm <= 1_000_000


def test_no_utf_8_is_no_page() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=b"\xff\xfe"))
    source = make_source(
        DcgmConfig(urls=["http://node:9400/metrics"]),
        lambda: NOW,
        httpx.Client(transport=transport),
    )
    assert source.read(NOW, NOW + 1) == [Moment(NOW)]


class Endless(httpx.SyncByteStream):
    given = 0

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.given += 2**20
            yield b"#" * 2**20


def test_a_page_without_end_is_cut() -> None:
    endless = Endless()
    transport = httpx.MockTransport(lambda request: httpx.Response(200, stream=endless))
    config = DcgmConfig(urls=["http://node:9400/metrics"])
    source = make_source(config, lambda: NOW, httpx.Client(transport=transport))
    assert source.read(0, 2**40) == [Moment(NOW)]
    assert endless.given == dcgm_module.MOST_BYTES + 2**20


def test_a_password_in_an_address_is_told_to_nobody(caplog: pytest.LogCaptureFixture) -> None:
    asked = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["authorization"])
        return httpx.Response(200 if "good" in request.url.path else 401, text=page)

    page = recorded("constructed_vllm.prom")
    urls = [f"http://reporter:secret@node:9400/{name}" for name in ("good", "bad")]
    http = httpx.Client(transport=httpx.MockTransport(handle))
    (moment,) = make_source(DcgmConfig(urls=urls), lambda: NOW, http).read(NOW, NOW + 1)
    assert len(moment.readings) == len(asked) == 2
    assert "node:9400 shows nothing" in caplog.text
    assert "secret" not in caplog.text + repr(moment)


def test_a_live_source_looks_only_at_the_time_that_is_asked_for() -> None:
    asked = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return httpx.Response(200, text="")

    source = make_source(
        DcgmConfig(urls=["http://node:9400/metrics"]),
        lambda: NOW,
        httpx.Client(transport=httpx.MockTransport(handle)),
    )
    assert source.read(NOW + 1, NOW + 100) == source.read(NOW - 100, NOW) == []
    assert asked == []
    assert source.read(NOW - 100, NOW + 1) == [Moment(NOW)]
    assert [str(url) for url in asked] == ["http://node:9400/metrics"]
