// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {CapacityCalendar} from "../libraries/CapacityCalendar.sol";

/// @title TestCalendar: a CapacityCalendar of its own, to be compared with a plain list of hours.
contract TestCalendar {
    using CapacityCalendar for CapacityCalendar.Calendar;

    CapacityCalendar.Calendar private _calendar;

    /// @notice Book `units` more in every hour of [from, to); anyone may.
    function add(uint256 from, uint256 to, uint256 units) external {
        _calendar.add(from, to, units);
    }

    /// @notice Book `units` less in every hour of [from, to); anyone may.
    function remove(uint256 from, uint256 to, uint256 units) external {
        _calendar.remove(from, to, units);
    }

    /// @notice Take [to, end) out of a range [from, end) that was booked; anyone may.
    function cut(uint256 from, uint256 to, uint256 end, uint256 units) external {
        _calendar.cut(from, to, end, units);
    }

    /// @notice Units booked in one hour.
    function at(uint256 hour) external view returns (uint256) {
        return _calendar.at(hour);
    }

    /// @notice Peak and sum of [from, to).
    function load(uint256 from, uint256 to) external view returns (uint256 units, uint256 unitHours) {
        return _calendar.load(from, to);
    }
}
