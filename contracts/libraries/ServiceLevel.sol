// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title ServiceLevel: which fraction of a booked hour a tenant gets back.
library ServiceLevel {
    uint256 internal constant Q = 1e6;
    uint256 internal constant HOUR = 3600;

    /// @notice Loss of an hour, in millionths of its rent: nothing from `sla` on, (1 + penalty) times the relative
    /// shortfall below; so up to Q + penalty. Rounded down.
    /// @param available Thousandths of a unit, mean over the hour of min(units working, units booked).
    /// @param covered Unit-seconds booked in the hour; at least 1.
    /// @param sla Promised fraction, millionths; at least 1.
    /// @param penalty Extra loss per unit of relative shortfall, millionths.
    function loss(uint256 available, uint256 covered, uint256 sla, uint256 penalty) internal pure returns (uint256) {
        uint256 promised = sla * covered * 1000;
        uint256 delivered = available * Q * HOUR;
        if (delivered >= promised) return 0;
        return (Q + penalty) * (promised - delivered) / promised;
    }
}
