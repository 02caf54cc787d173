// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title ServiceLevel: which fraction of a booked hour is paid for.
library ServiceLevel {
    uint256 internal constant Q = 1e6;

    /// @notice Served fraction of an hour, in millionths: all of it from `sla` on, and (1 + penalty) times the relative
    /// shortfall less below. The loss is rounded down.
    /// @param available Thousandths of a unit, mean over the hour of min(units working, units booked).
    /// @param booked Units booked at the hour's end; at least 1.
    /// @param sla Promised fraction, millionths; at least 1.
    /// @param penalty Extra loss per unit of relative shortfall, millionths.
    function served(uint256 available, uint256 booked, uint256 sla, uint256 penalty) internal pure returns (uint256) {
        uint256 promised = sla * booked * 1000;
        uint256 delivered = available * Q;
        if (delivered >= promised) return Q;
        uint256 loss = (Q + penalty) * (promised - delivered) / promised;
        return loss < Q ? Q - loss : 0;
    }
}
