// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseTypes} from "./ILeaseTypes.sol";

/// @title LeaseBookings: quote, lease, extend, accrue, settle, collect.
/// @notice Part of the lease market, to be called on LeaseMarket; formulas are in ILeaseMarket.
interface ILeaseBookings is ILeaseTypes {
    /// @notice What a lease would cost in this block, with the same checks as `lease` but for payment. The bond is
    /// taken as the books know it, while `lease` accrues first where there is one.
    function quote(uint256 clusterId, uint256 units, uint256 start, uint256 hoursAsked)
        external
        view
        returns (Quote memory);

    /// @notice What extending a lease would cost in this block, with the same checks as `extend` but for payment.
    function quoteExtension(uint256 leaseId, uint256 hoursAsked) external view returns (Quote memory);

    /// @notice Lease `units` units for the hours [start, start + hoursAsked).
    /// @dev Anyone may call; the caller pays and receives the ERC-721 (without a receiver callback). Not while paused.
    /// Where the terms ask for a bond, accrues first: losses of final hours stand behind nothing; where one call does
    /// not come to the last final hour, others must have. And not where a default could be declared: see `recover`.
    /// @param start First hour; the current hour or later.
    /// @param maxCost Most that the caller will pay, stablecoin units.
    /// @return leaseId Id of the lease, counting from 1.
    function lease(uint256 clusterId, uint256 units, uint256 start, uint256 hoursAsked, uint256 maxCost)
        external
        returns (uint256 leaseId);

    /// @notice Lease the same units for `hoursAsked` more hours, from the end of the lease on.
    /// @dev Only the owner or whom it approved; the caller pays. The lease must not be over. Not while paused or
    /// suspended. No minimum of hours; the most is `maxHours`. Accrues first as `lease` does.
    /// @param maxCost Most that the caller will pay, stablecoin units.
    /// @return cost Stablecoin units paid.
    function extend(uint256 leaseId, uint256 hoursAsked, uint256 maxCost) external returns (uint256 cost);

    /// @notice Move a cluster's books over its final hours, `MAX_STEPS` at most; stops at the first booked hour that is
    /// not final.
    /// @dev Anyone may call. Stretches without bookings are jumped over in one step. Calling it again, or when no hour
    /// is final, moves nothing.
    /// @return cursor Hours before this one are accrued now.
    function accrue(uint256 clusterId) external returns (uint256 cursor);

    /// @notice Credit what is due for losses in accrued hours, and for void hours, to the lease's owner, as a claim in
    /// the vault.
    /// @dev Anyone may call. Accrues first. Stays possible while paused.
    /// @return refund Stablecoin units credited by this call, rounded down; the fraction stays owed.
    function settle(uint256 leaseId) external returns (uint256 refund);

    /// @notice Hand the whole units of earned revenue and of remainders to the router.
    /// @dev Only the router, which says in its `Distributed` what it was. The fractions stay in the ledgers.
    /// @return earned Stablecoin units to be split.
    /// @return remainder Stablecoin units that are the operator's alone.
    /// @return hoursCovered Accrued hours that earned something since the last time, where anything is handed over.
    /// @return cancelled What cancellations have earned of `earned`, each rounded down.
    function collect(uint256 clusterId)
        external
        returns (uint256 earned, uint256 remainder, uint256 hoursCovered, uint256 cancelled);

    /// @notice A lease.
    function leaseOf(uint256 leaseId) external view returns (Lease memory);

    /// @notice A cluster's books.
    function booksOf(uint256 clusterId) external view returns (Books memory);
}
