// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title ERC-7572: what a wallet shows of a contract.
interface IERC7572 {
    /// @notice What `contractURI` says has changed.
    event ContractURIUpdated();

    /// @notice A data URI with a JSON document.
    function contractURI() external view returns (string memory);
}
