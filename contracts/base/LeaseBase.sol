// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ERC721} from "solady/tokens/ERC721.sol";
import {ILeaseBookings} from "../interfaces/ILeaseBookings.sol";
import {ILeaseMetadata} from "../interfaces/ILeaseMetadata.sol";
import {LeaseState} from "./LeaseState.sol";

/// @title LeaseBase: leases as ERC-721, and how they are settled.
/// @notice Keeps owners in slots of their own, by hash, so it can stand beside LeaseState.
abstract contract LeaseBase is LeaseState, ERC721 {
    using SafeCast for uint256;

    uint256 private constant REFUNDED_BITS = 80;

    ILeaseMetadata private immutable _metadata;
    /// Where calls go that this contract does not know.
    address private immutable _next;

    constructor(Around memory around, ILeaseMetadata metadata, address next) LeaseState(around) {
        _metadata = metadata;
        _next = next;
    }

    /// @notice Passes on what this contract does not know, to run on the same storage.
    fallback() external {
        address next = _next;
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, 0, calldatasize())
            let success := delegatecall(gas(), next, free, calldatasize(), 0, 0)
            returndatacopy(free, 0, returndatasize())
            if iszero(success) { revert(free, returndatasize()) }
            return(free, returndatasize())
        }
    }

    /// @notice Name of the collection of leases.
    function name() public pure override returns (string memory) {
        return "Wellhead Lease";
    }

    /// @notice Symbol of the collection of leases.
    function symbol() public pure override returns (string memory) {
        return "LEASE";
    }

    /// @notice Metadata of a lease as a data URI with JSON.
    function tokenURI(uint256 leaseId) public view override returns (string memory) {
        return _metadata.uri(leaseId, ILeaseBookings(address(this)).leaseOf(leaseId));
    }

    /// @notice Let `account` move one lease. The base contract would take ether here and keep it.
    function approve(address account, uint256 leaseId) public payable override {
        if (msg.value != 0) revert CashDesk_NoEther();
        super.approve(account, leaseId);
    }

    /// A transfer settles final hours to the seller; hours that are not final yet go with the lease.
    function _beforeTokenTransfer(address from, address to, uint256 leaseId) internal override {
        if (msg.value != 0) revert CashDesk_NoEther();
        // The base contract checks the owner after this hook, and reverts when it is another.
        if (from == address(0) || to == address(0) || _ownerOf(leaseId) != from) return;
        _settle(leaseId, from);
        unchecked {
            _setExtraData(leaseId, uint96(_getExtraData(leaseId) + (1 << REFUNDED_BITS)));
        }
    }

    function _settle(uint256 leaseId, address tenant) internal returns (uint256 refund) {
        uint256 cursor = _accrue(_terms[leaseId].clusterId);
        uint256 refunded = _refunded(leaseId);
        uint256 due = _refundLedger(leaseId) / LEDGER_SCALE;
        if (due == refunded) return 0;
        refund = due - refunded;
        _setRefunded(leaseId, due);
        emit Settled(leaseId, tenant, refund, cursor);
        _vault.move(cash, tenant, refund);
    }

    /// Beside its owner stand what was refunded of a lease, and how often it changed hands.
    function _refunded(uint256 leaseId) internal view returns (uint256) {
        return uint80(_getExtraData(leaseId));
    }

    function _transfers(uint256 leaseId) internal view returns (uint256) {
        return _getExtraData(leaseId) >> REFUNDED_BITS;
    }

    function _setRefunded(uint256 leaseId, uint256 refunded) internal {
        _setExtraData(leaseId, uint96(_transfers(leaseId) << REFUNDED_BITS | refunded.toUint80()));
    }

    /// Also the check that a lease exists.
    function _owner(uint256 leaseId) internal view returns (address tenant) {
        tenant = _ownerOf(leaseId);
        if (tenant == address(0)) revert LeaseMarket_UnknownLease(leaseId);
    }

    /// Only for whom a lease belongs to, or who is approved for it.
    function _ownLease(uint256 leaseId) internal view returns (address tenant) {
        tenant = _owner(leaseId);
        if (!_isApprovedOrOwner(msg.sender, leaseId)) revert LeaseMarket_NotTenant(leaseId, msg.sender);
    }
}
