// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICashDesk} from "./ICashDesk.sol";

/// @title LeaseExchange: sell a lease to whoever pays first, at a fixed or a falling price.
/// @notice A listed lease stays with its owner, who approves the exchange for it (ERC-721). A sale moves lease and
/// stablecoin in one transaction; the seller's money becomes its claim in the vault. The final hours are settled to the
/// seller, the others go to the buyer, who says up to which hour the books may have moved. Prices are stablecoin units.
interface ILeaseExchange is ICashDesk {
    /// @notice An offer of a lease. The price falls in a straight line from `startPrice` at `opens` to `endPrice` at
    /// `closes`, rounded up; then the offer ends.
    /// @param opens Unix time from which it can be bought.
    /// @param closes Unix time until which it can be bought, inclusive.
    /// @param transfers How often the lease had changed hands when it was offered; the offer ends with the next time.
    struct Listing {
        address seller;
        uint96 startPrice;
        uint96 endPrice;
        uint64 opens;
        uint64 closes;
        uint32 transfers;
    }

    /// @notice What a buyer relies on.
    /// @param maxPrice Most that the caller will pay, stablecoin units.
    /// @param units Units that the lease must have.
    /// @param end Hour at which the lease must end.
    /// @param accruedTo Hours before this one may be settled to the seller; the sale fails when the books have moved
    /// further. 0 is never enough; the largest number does not bound it.
    /// @param userUntil Unix time until which the lease may have a user; 0 for none.
    /// @param parts What the lease must be made of: `keccak256(abi.encode(partsOf(leaseId)))` of the market. A lease
    /// that was cut and extended again has its units and its end, but cut parts can not be cancelled.
    struct Bounds {
        uint256 maxPrice;
        uint256 units;
        uint256 end;
        uint256 accruedTo;
        uint256 userUntil;
        bytes32 parts;
    }

    /// @notice A lease was offered, or offered anew.
    event Listed(
        uint256 indexed leaseId,
        address indexed seller,
        uint256 startPrice,
        uint256 endPrice,
        uint256 opens,
        uint256 closes
    );
    /// @notice An offer was taken back.
    event Delisted(uint256 indexed leaseId, address indexed seller);
    /// @notice A lease was sold; `price` moved from `buyer` into the claim of `seller`.
    event Sold(uint256 indexed leaseId, address indexed seller, address indexed buyer, uint256 price);

    /// @notice Only the lease's owner can offer it.
    error LeaseExchange_NotOwner(uint256 leaseId, address caller);
    /// @notice The exchange is not approved to move the lease.
    error LeaseExchange_NotApproved(uint256 leaseId);
    /// @notice The price can not rise, and the offer must end after it opens and after now.
    error LeaseExchange_InvalidListing(uint256 startPrice, uint256 endPrice, uint256 opens, uint256 closes);
    /// @notice The lease is not on offer by its present owner.
    error LeaseExchange_NotListed(uint256 leaseId);
    /// @notice The lease can be bought from `opens` to `closes` only.
    error LeaseExchange_NotOpen(uint256 leaseId, uint256 opens, uint256 closes);
    /// @notice The price is more than the caller agreed to.
    error LeaseExchange_PriceAboveMax(uint256 price, uint256 maxPrice);
    /// @notice The lease is not what the caller relies on.
    error LeaseExchange_Changed(uint256 leaseId, uint256 units, uint256 end, bytes32 parts);
    /// @notice More hours are settled to the seller than the caller agreed to.
    error LeaseExchange_AccruedFurther(uint256 leaseId, uint256 accruedTo, uint256 limit);
    /// @notice The lease has a user for longer than the caller agreed to.
    error LeaseExchange_InUse(uint256 leaseId, uint256 expires, uint256 userUntil);
    /// @notice The use of the lease is suspended, or about to be.
    error LeaseExchange_Suspended(uint256 leaseId);

    /// @notice Offer a lease; an earlier offer of it is replaced.
    /// @dev Only the owner, who has approved the exchange.
    /// @param startPrice Price at `opens`.
    /// @param endPrice Price at `closes`; the same for a fixed price.
    function list(uint256 leaseId, uint96 startPrice, uint96 endPrice, uint64 opens, uint64 closes) external;

    /// @notice Take an offer back.
    /// @dev Only the owner, or the seller of an offer that its successor left standing.
    function delist(uint256 leaseId) external;

    /// @notice Buy a lease for its price now.
    /// @dev Anyone may call; the caller pays and receives the lease (without a receiver callback).
    /// @return price Stablecoin units paid.
    function buy(uint256 leaseId, Bounds calldata bounds) external returns (uint256 price);

    /// @notice The offer of a lease, open or not; reverts with `NotListed` when there is none by its owner.
    function listingOf(uint256 leaseId) external view returns (Listing memory);

    /// @notice What a lease costs now, with the checks of `buy` for the offer itself.
    function priceOf(uint256 leaseId) external view returns (uint256 price);
}
