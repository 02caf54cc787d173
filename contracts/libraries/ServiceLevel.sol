// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title ServiceLevel: which fraction of a booked hour a tenant gets back.
library ServiceLevel {
    uint256 internal constant Q = 1e6;

    /// @notice Loss of an hour, in millionths of its rent: nothing from `sla` on, (1 + penalty) times the relative
    /// shortfall below; so up to Q + penalty. Rounded down.
    /// @param available Thousandths of a unit, mean over the hour of min(units working, units booked).
    /// @param booked Units booked at the hour's end; at least 1.
    /// @param sla Promised fraction, millionths; at least 1.
    /// @param penalty Extra loss per unit of relative shortfall, millionths.
    function loss(uint256 available, uint256 booked, uint256 sla, uint256 penalty) internal pure returns (uint256) {
        uint256 promised = sla * booked * 1000;
        uint256 delivered = available * Q;
        if (delivered >= promised) return 0;
        return (Q + penalty) * (promised - delivered) / promised;
    }
}
