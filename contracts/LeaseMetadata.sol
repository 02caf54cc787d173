// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Base64} from "solady/utils/Base64.sol";
import {LibString} from "solady/utils/LibString.sol";
import {ILeaseTypes} from "./interfaces/ILeaseTypes.sol";
import {ILeaseMetadata} from "./interfaces/ILeaseMetadata.sol";

/// @title LeaseMetadata
/// @notice Trust: nobody; a function of what it is given. Liveness: none needed.
contract LeaseMetadata is ILeaseMetadata {
    using LibString for uint256;

    uint256 private constant HOUR = 3600;

    /// @inheritdoc ILeaseMetadata
    function uri(uint256 leaseId, ILeaseTypes.Lease calldata lease) external pure returns (string memory) {
        string memory attributes = string.concat(
            _trait("cluster", lease.clusterId),
            ",",
            _trait("units", lease.units),
            ",",
            _date("start", lease.start),
            ",",
            _date("end", lease.stop)
        );
        string memory json = string.concat(
            '{"name":"Wellhead lease ',
            leaseId.toString(),
            '","description":"Prepaid GPU capacity, metered by the hour.","attributes":[',
            attributes,
            "]}"
        );
        return string.concat("data:application/json;base64,", Base64.encode(bytes(json)));
    }

    function _trait(string memory kind, uint256 value) private pure returns (string memory) {
        return string.concat('{"trait_type":"', kind, '","value":', value.toString(), "}");
    }

    function _date(string memory kind, uint256 hour) private pure returns (string memory) {
        return string.concat(
            '{"display_type":"date","trait_type":"', kind, '","value":', (hour * HOUR).toString(), "}"
        );
    }
}
