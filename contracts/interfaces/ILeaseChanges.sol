// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseTypes} from "./ILeaseTypes.sol";

/// @title LeaseChanges: cancel leases and split them.
/// @notice Part of the lease market, to be called on LeaseMarket; formulas are in ILeaseMarket.
interface ILeaseChanges is ILeaseTypes {
    /// @notice Sell the hours from `from` to the end of the lease back along the curve.
    /// @dev Only the owner or whom it approved; the refund is the owner's, as a claim in the vault. Called without
    /// sending it tells the refund. Possible while paused.
    /// @param from First hour that is sold back: after the current hour, or the first hour of a lease that has not
    /// begun, which is burnt then. Not before the user's time is over.
    /// @param minRefund Least that the caller will accept, stablecoin units.
    /// @return refund Stablecoin units credited, rounded down.
    function cancel(uint256 leaseId, uint256 from, uint256 minRefund) external returns (uint256 refund);

    /// @notice Make `units` of a lease a lease of their own, for the same hours and the same owner.
    /// @dev Only the owner or whom it approved. Settles first. Rents and refunds are shared by units, to the ledger
    /// unit; the fraction of a stablecoin unit that the new lease is due until now stays with the old one. Not while
    /// the lease has a user, or is suspended.
    /// @param units Units of the new lease; at least one must stay.
    function splitUnits(uint256 leaseId, uint256 units) external returns (uint256 newLeaseId);

    /// @notice Make the hours of a lease from `hour` on a lease of their own, with the same units and owner.
    /// @dev Only the owner or whom it approved. Not before the user's time is over; not while suspended.
    /// @param hour After the current hour, the first hour of the lease and the first of its user's; before its end.
    function splitHours(uint256 leaseId, uint256 hour) external returns (uint256 newLeaseId);
}
