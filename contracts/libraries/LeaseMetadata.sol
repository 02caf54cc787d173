// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Base64} from "solady/utils/Base64.sol";
import {LibString} from "solady/utils/LibString.sol";
import {LeaseBook} from "./LeaseBook.sol";

/// @title LeaseMetadata: what a wallet shows of a lease.
library LeaseMetadata {
    using LibString for uint256;

    /// @notice ERC-721 metadata JSON as a data URI. Times are unix seconds.
    function uri(uint256 leaseId, LeaseBook.Term memory term) internal pure returns (string memory) {
        string memory attributes = string.concat(
            _trait("cluster", term.clusterId),
            ",",
            _trait("units", term.units),
            ",",
            _date("start", term.start),
            ",",
            _date("end", term.end)
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
            '{"display_type":"date","trait_type":"', kind, '","value":', (hour * LeaseBook.HOUR).toString(), "}"
        );
    }
}
