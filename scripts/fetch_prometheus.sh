#!/bin/sh
# Unpacks Debian's Prometheus into .wellhead/prometheus, for the test that runs it. Nothing is
# installed, and nothing written elsewhere. Where it can not be had, says so and goes on: the test is
# skipped then.
set -u
cd "$(dirname "$0")/.." || exit 1
place=.wellhead/prometheus
partial=$place.partial.$$

without() {
    rm -rf "$partial"
    echo "wellhead: no Prometheus for its test ($1): that test will be skipped"
    exit 0
}

[ -x "$place/usr/bin/prometheus" ] && exit 0
command -v apt-get >/dev/null && command -v dpkg >/dev/null || without "this machine has no apt-get"
echo "wellhead: fetching Debian's Prometheus"
mkdir -p "$partial" || exit 1
(
    cd "$partial" &&
        apt-get -qq -o Acquire::Retries=0 -o Acquire::http::Timeout=20 \
            -o Acquire::https::Timeout=20 -o APT::Sandbox::User=root \
            -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= download prometheus >log 2>&1
) || without "$(grep -m 1 '^E:' "$partial/log" 2>/dev/null || echo 'apt-get failed')"
dpkg -x "$partial"/prometheus_*.deb "$partial/unpacked" || without "its package can not be unpacked"
rm -rf "$place"
mv "$partial/unpacked" "$place" || without "it can not be put into $place"
rm -rf "$partial"
