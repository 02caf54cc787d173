"""Live: dcgm-exporters, and the metrics of serving engines beside them, scraped one by one."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Literal

import httpx
from prometheus_client.parser import text_string_to_metric_families
from pydantic import Field

from wellhead.oracle.deadline import exchange
from wellhead.oracle.heard import heard
from wellhead.oracle.readings import Moment
from wellhead.oracle.sources.base import Clock, SourceTable, Url, Weight, place_of
from wellhead.oracle.sources.dcgm_fields import FIELDS, TOKENS, Shown, readings_of

#: A page of eight GPUs has some 30 kB; one that is larger than this is nonsense.
MOST_BYTES = 16 * 2**20
#: Characters of a line, of which a GPU's has some 350. What the parser takes for one grows with the
#: square of its length beyond some ten thousand.
MOST_LINE = 16 * 2**10
MOST_AT_ONCE = 16

_log = logging.getLogger(__name__)


class DcgmConfig(SourceTable):
    """`urls` are whole addresses of metrics pages, each exporter's and serving engine's."""

    kind: Literal["dcgm"] = "dcgm"
    urls: list[Url] = Field(min_length=1, max_length=4096)
    weight_milli: Weight = 1000
    #: The counter of tokens put out, without _total.
    tokens: str = TOKENS
    timeout_s: float = Field(default=10.0, gt=0, le=120)


class DcgmSource:
    """Scrapes all addresses whenever it is read. One that does not answer in time, or with
    nonsense, shows nothing; with none left, that is a look in vain. The timeouts of `http` are for
    whole exchanges, as with `http_client`: else one exporter holds up all looks."""

    name = "dcgm"

    def __init__(self, config: DcgmConfig, now: Clock, http: httpx.Client) -> None:
        self._config, self._now, self._http = config, now, http
        #: One page at a time: reading them is work, and others have some to do meanwhile.
        self._turn = threading.Lock()

    def read(self, begin_s: int, end_s: int) -> list[Moment]:
        time_s = self._now()
        if not begin_s <= time_s < end_s:
            return []
        urls = self._config.urls
        with ThreadPoolExecutor(min(MOST_AT_ONCE, len(urls))) as pool:
            shown = [one for page in pool.map(self._page, urls) for one in page]
        readings = readings_of(shown, self._config.weight_milli, self._config.tokens)
        return [Moment(time_s, readings)]

    def _page(self, url: str) -> list[Shown]:
        try:
            page = exchange(self._http, "GET", url, MOST_BYTES, timeout=self._config.timeout_s)
            text = page.raise_for_status().content.decode("utf-8")
            with self._turn:
                return list(shown_in(text, place_of(url), {*FIELDS, self._config.tokens}))
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            reason = str(error).replace(url, place_of(url)) or type(error).__name__
            _log.warning("%s shows nothing: %s", place_of(url), heard(reason))
            return []


def shown_in(text: str, place: str, names: set[str]) -> Iterator[Shown]:
    """The wanted metrics of a page in Prometheus' text format; `place` is whose page it is.
    ValueError where it is no such page, and there is nothing on it that could be believed."""
    wanted = {name.removesuffix("_total") for name in names}
    if any(len(line) > MOST_LINE for line in io.StringIO(text)):
        raise ValueError(f"a line has more than {MOST_LINE:,} characters")
    try:
        samples = [
            sample
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name.removesuffix("_total") in wanted
        ]
    except (LookupError, TypeError, AttributeError) as error:  # the parser trusts its input
        raise ValueError(f"no metrics page ({error})") from error
    for sample in samples:
        # The shortest decimal that reads as this float is what was written there.
        yield Shown(sample.name, {"instance": place, **sample.labels}, Decimal(repr(sample.value)))
