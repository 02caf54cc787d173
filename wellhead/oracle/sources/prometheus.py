"""History: a Prometheus server of the reporter's own, over its HTTP API.

It is asked what it knew at every step of the range. A step counts as a look only if the server was
at work then: if anything that it watches (`alive`) was scraped, well or in vain, shortly before.
What it had no fresh value of at that step was absent; Prometheus itself would carry on a value for
five minutes where nothing marks it as stale.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal

import httpx
from pydantic import AfterValidator, BaseModel, Field, ValidationError

from wellhead.oracle.deadline import exchange
from wellhead.oracle.readings import Moment
from wellhead.oracle.sources.base import Clock, SourceError, SourceTable, Url, Weight, place_of
from wellhead.oracle.sources.dcgm_fields import FIELDS, TOKENS, Shown, readings_of

#: Steps in one question: two hours of a look a minute, more than an hour and the longest gap before
#: it ever are. A server itself refuses more than 11,000.
MOST_STEPS = 120
#: Bytes of an answer. The largest cluster that a source can be told of has 4,096 exporters of eight
#: GPUs: a series of each, 1 KiB of labels and 120 values of 40 bytes, makes 182 MiB.
MOST_BYTES = 256 * 2**20

_MATCHER = re.compile(r'(?:[a-zA-Z_]\w*(?:=~|!~|!=|=)"(?:[^"\\\n]|\\.)*"(?:,(?=.)|$))*', re.ASCII)
_METRIC = re.compile(r"[a-zA-Z_:][\w:]*", re.ASCII)


def _matcher(text: str) -> str:
    if not _MATCHER.fullmatch(text):
        raise ValueError(f'{text!r} are no label matchers, as in job="dcgm",cluster="north"')
    return text


def _metric(text: str) -> str:
    if not _METRIC.fullmatch(text):
        raise ValueError(f"{text!r} is no metric's name")
    return text


Matcher = Annotated[str, AfterValidator(_matcher)]
Metric = Annotated[str, AfterValidator(_metric)]


class PrometheusConfig(SourceTable):
    """`matcher` picks the cluster's series; `alive` those scrapes by which the server is known to
    have been at work, by default all that it does. Times are in seconds."""

    kind: Literal["prometheus"] = "prometheus"
    url: Url
    matcher: Matcher = ""
    alive: Matcher = ""
    step_s: int = Field(default=60, ge=1, le=3600)
    #: How old a value may be; at least the interval of the scrapes.
    fresh_s: int = Field(default=90, ge=1, le=3600)
    weight_milli: Weight = 1000
    tokens: Metric = TOKENS
    timeout_s: float = Field(default=30.0, gt=0, le=600)


class _Series(BaseModel):
    metric: dict[str, str]
    values: list[tuple[float, str]]


class _Matrix(BaseModel):
    kind: Literal["matrix"] = Field(alias="resultType")
    result: list[_Series]


class _Answer(BaseModel):
    status: Literal["success", "error"]
    data: _Matrix | None = None
    error: str = ""
    warnings: list[str] = []


class PrometheusSource:
    """Asks a Prometheus server; SourceError where it does not answer, or not in full."""

    name = "prometheus"

    def __init__(self, config: PrometheusConfig, now: Clock, http: httpx.Client) -> None:
        self._config, self._now, self._http = config, now, http
        self._place = place_of(config.url)
        self._url = config.url.rstrip("/") + "/api/v1/query_range"

    def read(self, begin_s: int, end_s: int) -> list[Moment]:
        """A look for every step of the range, on the grid of unix time, that is not to come."""
        step = self._config.step_s
        first = -(-begin_s // step)
        end = -(-min(end_s, self._now() + 1) // step)
        moments = []
        for begin in range(first, end, MOST_STEPS):
            last = min(begin + MOST_STEPS, end) - 1
            moments += self._moments(begin * step, last * step)
        return moments

    def _moments(self, first_s: int, last_s: int) -> list[Moment]:
        """The looks from one step to another, both included."""
        config = self._config
        looks: dict[int, list[Shown]] = {
            time_s: []
            for series in self._ask(self._fresh("up", config.alive), first_s, last_s)
            for time_s, _ in _values(series)
        }
        for name in (*FIELDS, config.tokens):
            for series in self._ask(self._fresh(name, config.matcher), first_s, last_s):
                for time_s, value in _values(series):
                    if time_s in looks:
                        looks[time_s].append(Shown(name, series.metric, value))
        return [
            Moment(time_s, readings_of(looks[time_s], config.weight_milli, config.tokens))
            for time_s in sorted(looks)
        ]

    def _fresh(self, name: str, matcher: str) -> str:
        """The expression for what was shown under a name, where it is fresh."""
        # A counter may be stored with or without _total, as the exporter's format has it.
        stem = name.removesuffix("_total")
        labels = f'__name__=~"{stem}(_total)?"' + (f",{matcher}" if matcher else "")
        return f"{{{labels}}} and (time() - timestamp({{{labels}}}) <= {self._config.fresh_s})"

    def _ask(self, expression: str, first_s: int, last_s: int) -> list[_Series]:
        params: dict[str, str | int] = {
            "query": expression,
            "start": first_s,
            "end": last_s,
            "step": self._config.step_s,
        }
        try:
            response = exchange(
                self._http,
                "GET",
                self._url,
                MOST_BYTES,
                params=params,
                timeout=self._config.timeout_s,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise SourceError(f"no Prometheus answers at {self._place}: {reason}") from error
        try:
            answer = _Answer.model_validate_json(response.content)
        except ValidationError as error:
            raise SourceError(
                f"what answers at {self._place} is no Prometheus: status "
                f"{response.status_code}, {response.text[:80]!r}"
            ) from error
        if answer.status != "success" or answer.data is None or answer.warnings:
            reason = answer.error or "; ".join(answer.warnings) or "no data"
            raise SourceError(f"Prometheus at {self._place} gives no full answer: {reason}")
        # In a fixed order, whatever the server's.
        return sorted(answer.data.result, key=lambda series: sorted(series.metric.items()))


def _values(series: _Series) -> Iterator[tuple[int, Decimal]]:
    for time_s, text in series.values:
        try:
            yield int(time_s), Decimal(text)
        except InvalidOperation as error:
            raise SourceError(f"Prometheus gives {text!r} for a value") from error
