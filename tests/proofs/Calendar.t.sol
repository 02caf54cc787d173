// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {CapacityCalendar} from "../../contracts/libraries/CapacityCalendar.sol";

/// Any units over ranges that begin and end at borders of leaves and nodes or within leaves: `units` stands for all
/// numbers below 2^26 at once, and every choice of the ranges' ends is a path of its own.
/// @custom:halmos --solver-timeout-branching 1000
contract CalendarProofs {
    using CapacityCalendar for CapacityCalendar.Calendar;

    CapacityCalendar.Calendar private _calendar;
    CapacityCalendar.Calendar private _other;

    uint256 private constant POINTS = 4;
    uint256 private constant EDGES = 3;
    /// Three nodes of 24 hours, of which all ranges here are.
    uint256 private constant HOURS = 72;

    /// Exactly the range's hours are booked, and to take it out leaves nothing, not a bit.
    function check_addAndRemove(uint256 i, uint256 j, uint32 units) external {
        if (!_valid(units)) return;
        (uint256 from, uint256 to) = (_point(_chosen(i, POINTS)), _point(_chosen(j, POINTS)));
        if (from >= to) return;
        _calendar.add(from, to, units);
        (uint256 most, uint256 sum) = _calendar.load(0, HOURS);
        assert(most == units && sum == uint256(units) * (to - from));
        assert(_calendar.at(from) == units && _calendar.at(to - 1) == units);
        assert(_calendar.at(from - 1) == 0 && _calendar.at(to) == 0);
        _calendar.remove(from, to, units);
        assert(_same(_calendar, _other));
    }

    /// To shorten a range is to have booked the shorter one: the same words.
    function check_cutIsTheShorterOne(uint256 i, uint256 j, uint256 k, uint32 units) external {
        if (!_valid(units)) return;
        uint256 from = _point(_chosen(i, POINTS));
        uint256 to = _point(_chosen(j, POINTS));
        uint256 end = _point(_chosen(k, POINTS));
        if (from >= to || to >= end) return;
        _calendar.add(from, end, units);
        _calendar.cut(from, to, end, units);
        _other.add(from, to, units);
        assert(_same(_calendar, _other));
    }

    /// Two bookings over ranges between edges of leaves and nodes: in every stretch between edges there is the sum of
    /// those that cover it, and over everything the highest of them and the sum of all.
    function check_twoBookings(uint256[4] memory ends, uint32 units, uint32 more) external {
        if (!_valid(units) || !_valid(more) || units > more) return;
        (uint256 i, uint256 j) = (_chosen(ends[0], EDGES), _chosen(ends[1], EDGES));
        (uint256 k, uint256 l) = (_chosen(ends[2], EDGES), _chosen(ends[3], EDGES));
        if (i >= j || k >= l) return;
        _calendar.add(_edge(i), _edge(j), units);
        _calendar.add(_edge(k), _edge(l), more);
        uint256 sum;
        for (uint256 stretch; stretch + 1 < EDGES; ++stretch) {
            uint256 expected;
            if (i <= stretch && stretch < j) expected = units;
            if (k <= stretch && stretch < l) expected += more;
            assert(_calendar.at(_edge(stretch)) == expected);
            sum += expected * (_edge(stretch + 1) - _edge(stretch));
        }
        (uint256 most, uint256 total) = _calendar.load(_edge(0), _edge(EDGES - 1));
        assert(most == (i < l && k < j ? uint256(units) + more : more));
        assert(total == sum);
    }

    function _same(CapacityCalendar.Calendar storage a, CapacityCalendar.Calendar storage b)
        private
        view
        returns (bool)
    {
        for (uint256 size = 8; size <= 648; size *= 3) {
            for (uint256 slot; slot * size * 3 < HOURS; ++slot) {
                if (a.slots[size][slot] != b.slots[size][slot]) return false;
            }
        }
        for (uint256 leaf; leaf * 8 < HOURS; ++leaf) {
            if (a.slots[1][leaf] != b.slots[1][leaf]) return false;
        }
        return true;
    }

    /// One path for each number below `count`.
    function _chosen(uint256 any, uint256 count) private pure returns (uint256) {
        for (uint256 i; i < count; ++i) {
            if (any == i) return i;
        }
        revert();
    }

    function _point(uint256 i) private pure returns (uint256) {
        return uint256(uint32(bytes4(hex"05081832")) >> (24 - 8 * i) & 0xff); // 5, 8, 24, 50
    }

    function _edge(uint256 i) private pure returns (uint256) {
        return uint256(uint24(bytes3(hex"031848")) >> (16 - 8 * i) & 0xff); // 3, 24, 72
    }

    function _valid(uint256 units) private pure returns (bool) {
        return units != 0 && units < 2 ** 26;
    }
}
