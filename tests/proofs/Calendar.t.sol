// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {CapacityCalendar} from "../../contracts/libraries/CapacityCalendar.sol";

/// Any units over ranges that begin and end at borders of leaves and nodes or within leaves: `units` stands for all
/// numbers below 2^26 at once. Each range is a property of its own; together they would take hours.
/// @custom:halmos --solver-timeout-branching 1000
contract CalendarProofs {
    using CapacityCalendar for CapacityCalendar.Calendar;

    CapacityCalendar.Calendar private _calendar;
    CapacityCalendar.Calendar private _other;

    /// Three nodes of 24 hours, of which all ranges here are.
    uint256 private constant HOURS = 72;
    /// Units of the second of two bookings.
    uint256 private constant MORE = 1000;

    function check_addAndRemove_5_8(uint32 units) external {
        _addAndRemove(5, 8, units);
    }

    function check_addAndRemove_5_24(uint32 units) external {
        _addAndRemove(5, 24, units);
    }

    function check_addAndRemove_5_50(uint32 units) external {
        _addAndRemove(5, 50, units);
    }

    function check_addAndRemove_8_24(uint32 units) external {
        _addAndRemove(8, 24, units);
    }

    function check_addAndRemove_8_50(uint32 units) external {
        _addAndRemove(8, 50, units);
    }

    function check_addAndRemove_24_50(uint32 units) external {
        _addAndRemove(24, 50, units);
    }

    function check_loadOfAPart_5_8(uint32 units) external {
        _loadOfAPart(5, 8, units);
    }

    function check_loadOfAPart_8_24(uint32 units) external {
        _loadOfAPart(8, 24, units);
    }

    function check_loadOfAPart_24_50(uint32 units) external {
        _loadOfAPart(24, 50, units);
    }

    function check_cut_5_8_24(uint32 units) external {
        _cut(5, 8, 24, units);
    }

    function check_cut_5_8_50(uint32 units) external {
        _cut(5, 8, 50, units);
    }

    function check_cut_5_24_50(uint32 units) external {
        _cut(5, 24, 50, units);
    }

    function check_cut_8_24_50(uint32 units) external {
        _cut(8, 24, 50, units);
    }

    function check_twoBookings_3_24_24_72(uint32 units) external {
        _twoBookings([uint256(3), 24, 24, 72], units);
    }

    function check_twoBookings_24_72_3_72(uint32 units) external {
        _twoBookings([uint256(24), 72, 3, 72], units);
    }

    function check_twoBookings_3_72_3_72(uint32 units) external {
        _twoBookings([uint256(3), 72, 3, 72], units);
    }

    /// Exactly the range's hours are booked, and to take it out leaves nothing, not a bit.
    function _addAndRemove(uint256 from, uint256 to, uint32 units) private {
        if (!_valid(units)) return;
        _calendar.add(from, to, units);
        (uint256 most, uint256 sum) = _calendar.load(0, HOURS);
        assert(most == units && sum == uint256(units) * (to - from));
        assert(_calendar.at(from) == units && _calendar.at(to - 1) == units);
        assert(_calendar.at(from - 1) == 0 && _calendar.at(to) == 0);
        _calendar.remove(from, to, units);
        assert(_same(_calendar, _other));
    }

    /// From the second booked hour on, which lies within a leaf, and within a node that is booked as a whole.
    function _loadOfAPart(uint256 from, uint256 to, uint32 units) private {
        if (!_valid(units)) return;
        _calendar.add(from, to, units);
        (uint256 most, uint256 sum) = _calendar.load(from + 1, HOURS);
        assert(most == units && sum == uint256(units) * (to - from - 1));
    }

    /// To shorten a range is to have booked the shorter one: the same words.
    function _cut(uint256 from, uint256 to, uint256 end, uint32 units) private {
        if (!_valid(units)) return;
        _calendar.add(from, end, units);
        _calendar.cut(from, to, end, units);
        _other.add(from, to, units);
        assert(_same(_calendar, _other));
    }

    /// Any number of units and `MORE`: where each begins there is the sum of those that cover it, and over everything
    /// the highest and the sum of all.
    function _twoBookings(uint256[4] memory ends, uint32 units) private {
        if (!_valid(units)) return;
        uint256 more = MORE;
        (uint256 from, uint256 to, uint256 start, uint256 end) = (ends[0], ends[1], ends[2], ends[3]);
        _calendar.add(from, to, units);
        _calendar.add(start, end, more);
        assert(_calendar.at(from) == uint256(units) + (start <= from && from < end ? more : 0));
        assert(_calendar.at(start) == more + (from <= start && start < to ? units : 0));
        (uint256 most, uint256 total) = _calendar.load(0, HOURS);
        uint256 highest = units > more ? uint256(units) : more;
        assert(most == (from < end && start < to ? units + more : highest));
        assert(total == uint256(units) * (to - from) + more * (end - start));
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

    function _valid(uint256 units) private pure returns (bool) {
        return units != 0 && units < 2 ** 26;
    }
}
