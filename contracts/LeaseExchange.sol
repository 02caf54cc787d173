// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {CashDesk} from "./base/CashDesk.sol";
import {ILeaseExchange} from "./interfaces/ILeaseExchange.sol";
import {ILeaseMarket} from "./interfaces/ILeaseMarket.sol";
import {IVault} from "./interfaces/IVault.sol";

/// @title LeaseExchange
/// @notice Trust: nobody; it moves a lease only to who pays its owner's price. It holds neither leases nor claims.
/// Liveness: a sale needs the seller's approval to stand and the stablecoin to move, or claims in the vault.
contract LeaseExchange is ILeaseExchange, CashDesk {
    ILeaseMarket private immutable _market;

    mapping(uint256 leaseId => Listing) private _listings;

    constructor(ILeaseMarket market, IVault vault, address cash_) CashDesk(vault, cash_) {
        _market = market;
    }

    /// @inheritdoc ILeaseExchange
    function list(uint256 leaseId, uint96 startPrice, uint96 endPrice, uint64 opens, uint64 closes) external {
        if (_ownerOf(leaseId) != msg.sender) revert LeaseExchange_NotOwner(leaseId, msg.sender);
        if (startPrice < endPrice || opens >= closes || closes < block.timestamp) {
            revert LeaseExchange_InvalidListing(startPrice, endPrice, opens, closes);
        }
        IERC721 leases = IERC721(address(_market));
        if (leases.getApproved(leaseId) != address(this) && !leases.isApprovedForAll(msg.sender, address(this))) {
            revert LeaseExchange_NotApproved(leaseId);
        }
        uint32 transfers = uint32(_market.leaseOf(leaseId).transfers);
        _listings[leaseId] = Listing(msg.sender, startPrice, endPrice, opens, closes, transfers);
        emit Listed(leaseId, msg.sender, startPrice, endPrice, opens, closes);
    }

    /// @inheritdoc ILeaseExchange
    function delist(uint256 leaseId) external {
        address seller = _listings[leaseId].seller;
        if (seller == address(0)) revert LeaseExchange_NotListed(leaseId);
        if (msg.sender != seller && msg.sender != _ownerOf(leaseId)) {
            revert LeaseExchange_NotOwner(leaseId, msg.sender);
        }
        delete _listings[leaseId];
        emit Delisted(leaseId, seller);
    }

    /// @inheritdoc ILeaseExchange
    function buy(uint256 leaseId, Bounds calldata bounds) external returns (uint256 price) {
        Listing memory listing = listingOf(leaseId);
        price = _price(leaseId, listing);
        if (price > bounds.maxPrice) revert LeaseExchange_PriceAboveMax(price, bounds.maxPrice);
        delete _listings[leaseId];
        IERC721(address(_market)).transferFrom(listing.seller, msg.sender, leaseId);
        _check(leaseId, bounds);
        emit Sold(leaseId, listing.seller, msg.sender, price);
        _charge(listing.seller, price);
    }

    /// @inheritdoc ILeaseExchange
    function priceOf(uint256 leaseId) external view returns (uint256 price) {
        return _price(leaseId, listingOf(leaseId));
    }

    /// @inheritdoc ILeaseExchange
    function listingOf(uint256 leaseId) public view returns (Listing memory listing) {
        listing = _listings[leaseId];
        // An offer ends when its lease changes hands, even if that comes back.
        if (
            listing.seller == address(0) || listing.seller != _ownerOf(leaseId)
                || listing.transfers != _market.leaseOf(leaseId).transfers
        ) revert LeaseExchange_NotListed(leaseId);
    }

    function _price(uint256 leaseId, Listing memory listing) private view returns (uint256) {
        if (block.timestamp < listing.opens || block.timestamp > listing.closes) {
            revert LeaseExchange_NotOpen(leaseId, listing.opens, listing.closes);
        }
        uint256 fall = uint256(listing.startPrice - listing.endPrice) * (block.timestamp - listing.opens);
        return listing.startPrice - fall / (listing.closes - listing.opens);
    }

    /// What the buyer has got now, against what it relies on.
    function _check(uint256 leaseId, Bounds calldata bounds) private view {
        ILeaseMarket.Lease memory lease = _market.leaseOf(leaseId);
        bytes32 parts = keccak256(abi.encode(_market.partsOf(leaseId)));
        if (lease.units != bounds.units || lease.stop != bounds.end || parts != bounds.parts) {
            revert LeaseExchange_Changed(leaseId, lease.units, lease.stop, parts);
        }
        uint256 accruedTo = _market.booksOf(lease.clusterId).cursor;
        if (accruedTo > bounds.accruedTo) revert LeaseExchange_AccruedFurther(leaseId, accruedTo, bounds.accruedTo);
        uint256 expires = _market.userExpires(leaseId);
        if (expires >= block.timestamp && expires > bounds.userUntil) {
            revert LeaseExchange_InUse(leaseId, expires, bounds.userUntil);
        }
        (uint256 due,) = _market.suspensionOf(leaseId);
        if (due != 0) revert LeaseExchange_Suspended(leaseId);
    }

    /// Zero where there is no such lease, also after it was cancelled.
    function _ownerOf(uint256 leaseId) private view returns (address owner) {
        try IERC721(address(_market)).ownerOf(leaseId) returns (address found) {
            return found;
        } catch {
            return address(0);
        }
    }
}
