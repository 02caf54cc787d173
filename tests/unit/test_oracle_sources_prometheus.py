"""Reading a Prometheus server: what is asked, and what its answers mean. The answers are
constructed; tests/integration/test_prometheus.py asks a real server."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from wellhead.oracle.readings import Moment, Reading
from wellhead.oracle.sources import PrometheusConfig, Source, SourceError, make_source

NOW = 1_780_000_123
GPU = {"UUID": "GPU-x", "gpu": "0", "modelName": "NVIDIA L4"}


class Server:
    """Answers every question by a table: metric name -> [(labels, {time: value})]."""

    def __init__(self, **series: list[tuple[dict[str, str], dict[int, str]]]) -> None:
        self.series, self.asked = series, list[dict[str, str]]()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path) == ("GET", "/prom/api/v1/query_range")
        params = dict(request.url.params)
        self.asked.append(params)
        found = re.search(r'__name__=~"([\w:]+)\(_total\)\?"', params["query"])
        assert found
        first, last, step = (int(params[name]) for name in ("start", "end", "step"))
        result: list[dict[str, Any]] = [
            {
                "metric": {"__name__": found[1], **labels},
                "values": [
                    [time_s, text]
                    for time_s, text in values.items()
                    if first <= time_s <= last and (time_s - first) % step == 0
                ],
            }
            for labels, values in self.series.get(found[1].replace(":", "_"), [])
        ]
        result = [one for one in result if one["values"]]
        body = {"status": "success", "data": {"resultType": "matrix", "result": result}}
        return httpx.Response(200, json=body)


def source_of(
    answer: Callable[[httpx.Request], httpx.Response], now: int = NOW, **options: object
) -> Source:
    config = PrometheusConfig.model_validate({"url": "http://prom:9090/prom/", **options})
    return make_source(config, lambda: now, httpx.Client(transport=httpx.MockTransport(answer)))


def at(times: range, value: object = 1) -> dict[int, str]:
    return {time_s: str(value) for time_s in times}


def test_every_step_at_which_the_server_was_at_work_is_a_look() -> None:
    hour = range(3600, 7200, 60)
    server = Server(
        # It was stopped for ten minutes.
        up=[({"job": "dcgm"}, {t: "1" for t in hour if not 4200 <= t < 4800})],
        DCGM_FI_DEV_GPU_UTIL=[(GPU, {t: "50" for t in hour if t < 6000})],
        DCGM_FI_DEV_POWER_USAGE=[(GPU, at(hour, "16.365"))],
        DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION=[(GPU, {t: str(t * 1000) for t in hour})],
    )
    moments = source_of(server).read(3600, 7200)
    assert [m.time_s for m in moments] == [t for t in hour if not 4200 <= t < 4800]
    by_time = {moment.time_s: moment.readings for moment in moments}
    shown = Reading(
        "GPU-x", model="NVIDIA L4", active_ppm=500_000, power_mw=16_365, energy_mj=3_600_000
    )
    assert by_time[3600] == (shown,)
    assert [reading.active_ppm for reading in by_time[6000]] == [None]


def test_a_target_that_is_down_is_absent_and_still_looked_for() -> None:
    server = Server(
        up=[({"job": "dcgm"}, {60: "1", 120: "0"})],
        DCGM_FI_DEV_GPU_TEMP=[(GPU, {60: "31"})],
    )
    found = source_of(server).read(0, 180)
    assert [(m.time_s, len(m.readings)) for m in found] == [(60, 1), (120, 0)]


def test_what_is_asked() -> None:
    server = Server()
    source = source_of(server, matcher='job="dcgm",cluster=~"a|b"', alive='job="x"', fresh_s=45)
    assert source.read(3601, 7199) == []
    up, util, *_, tokens = [params["query"] for params in server.asked]
    labels = '{__name__=~"up(_total)?",job="x"}'
    assert up == f"{labels} and (time() - timestamp({labels}) <= 45)"
    labels = '{__name__=~"DCGM_FI_DEV_GPU_UTIL(_total)?",job="dcgm",cluster=~"a|b"}'
    assert util == f"{labels} and (time() - timestamp({labels}) <= 45)"
    assert '"vllm:generation_tokens(_total)?"' in tokens
    assert {(p["start"], p["end"], p["step"]) for p in server.asked} == {("3660", "7140", "60")}


def test_ranges_end_before_their_end_and_at_the_present() -> None:
    server = Server(up=[({}, at(range(0, 1000, 10)))])

    def times(begin_s: int, end_s: int, now: int = NOW) -> list[int]:
        return [m.time_s for m in source_of(server, now, step_s=10).read(begin_s, end_s)]

    assert times(100, 120) == [100, 110]
    assert times(101, 121) == [110, 120]
    assert times(101, 109) == times(120, 100) == []
    assert times(100, 200, now=119) == [100, 110]
    assert times(100, 200, now=120) == [100, 110, 120]
    assert times(100, 200, now=50) == []


def test_long_ranges_are_asked_for_in_parts() -> None:
    server = Server(up=[({}, at(range(2000)))], DCGM_FI_DEV_GPU_TEMP=[(GPU, at(range(2000), 30))])
    moments = source_of(server, step_s=1).read(0, 2000)
    assert [moment.time_s for moment in moments] == list(range(2000))
    assert all(len(moment.readings) == 1 for moment in moments)
    assert {int(p["end"]) - int(p["start"]) for p in server.asked} == {119, 79}


def test_tokens_and_weights() -> None:
    server = Server(
        up=[({}, {60: "1"})],
        DCGM_FI_DEV_GPU_TEMP=[(GPU, {60: "31"})],
        my_tokens=[({"instance": "a:8000", "model_name": "m"}, {60: "1.59167e+05"})],
    )
    (moment,) = source_of(server, tokens="my:tokens_total", weight_milli=125).read(0, 61)
    assert moment.readings == (
        Reading("GPU-x", model="NVIDIA L4", weight_milli=125),
        Reading("serving:instance=a:8000,model_name=m", weight_milli=0, tokens_count=159_167),
    )


@pytest.mark.parametrize("text", ["NaN", "+Inf", "-Inf", "9.223372036854775794e+18"])
def test_no_number_is_no_value(text: str) -> None:
    server = Server(
        up=[({}, {60: "1"})],
        DCGM_FI_DEV_GPU_TEMP=[(GPU, {60: "31"})],
        DCGM_FI_DEV_POWER_USAGE=[(GPU, {60: text})],
    )
    (moment,) = source_of(server).read(0, 61)
    assert moment.readings == (Reading("GPU-x", model="NVIDIA L4"),)


def json_of(**body: object) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(200, json=body)


def refused(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("connection refused")


EMPTY = {"resultType": "matrix", "result": []}
ODD = {"resultType": "matrix", "result": [{"metric": {}, "values": [[60, "many"]]}]}


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (refused, "no Prometheus answers at prom:9090: connection refused"),
        (
            lambda request: httpx.Response(502, text="Bad gateway"),
            "what answers at prom:9090 is no Prometheus: status 502, 'Bad gateway'",
        ),
        (
            json_of(status="success", data={"resultType": "vector", "result": []}),
            "is no Prometheus",
        ),
        (
            lambda request: httpx.Response(
                422, json={"status": "error", "errorType": "execution", "error": "too many samples"}
            ),
            "gives no full answer: too many samples",
        ),
        (
            json_of(status="success", data=EMPTY, warnings=["partial response"]),
            "gives no full answer: partial response",
        ),
        (json_of(status="success"), "gives no full answer: no data"),
        (json_of(status="success", data=ODD), "gives 'many' for a value"),
    ],
)
def test_a_server_that_does_not_answer_in_full_was_no_look(
    answer: Callable[[httpx.Request], httpx.Response], sentence: str
) -> None:
    with pytest.raises(SourceError) as caught:
        source_of(answer).read(0, 120)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        {"matcher": 'job="a"} or vector(1) #'},
        {"matcher": "job"},
        {"matcher": 'job="a",'},
        {"alive": 'job="a" or x'},
        {"tokens": 'x{job="a"}'},
        {"url": "prom:9090"},
        {"step_s": 0},
        {"more": 1},
    ],
    ids=json.dumps,
)
def test_settings_that_can_not_be(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PrometheusConfig.model_validate({"url": "http://prom:9090", **options})


def test_a_password_in_the_address_is_told_to_nobody() -> None:
    with pytest.raises(SourceError, match="no Prometheus answers at prom:9090: ") as caught:
        source_of(refused, url="http://reporter:secret@prom:9090/prom").read(0, 120)
    assert "secret" not in str(caught.value)


def test_the_name() -> None:
    assert source_of(Server()).name == "prometheus"
    assert source_of(Server()).read(0, 0) == list[Moment]()
