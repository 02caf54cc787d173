// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseTypes} from "./ILeaseTypes.sol";

/// @title LeaseMetadata: what a wallet shows of a lease.
interface ILeaseMetadata {
    /// @notice ERC-721 metadata JSON as a data URI. Times are unix seconds.
    function uri(uint256 leaseId, ILeaseTypes.Lease calldata lease) external pure returns (string memory);
}
