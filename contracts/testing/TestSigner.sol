// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @title TestSigner: an account that is a contract, and signs what a test tells it to (ERC-1271).
/// @notice For local chains only: anyone may tell it what to do.
contract TestSigner is IERC1271 {
    bytes4 private _answer = IERC1271.isValidSignature.selector;
    mapping(bytes32 hash => mapping(bytes32 signatureHash => bool)) private _signed;

    /// @notice From now on this signature of this hash is valid.
    function sign(bytes32 hash, bytes calldata signature) external {
        _signed[hash][keccak256(signature)] = true;
    }

    /// @notice Say `answer` of valid signatures instead of what the standard asks for.
    function setAnswer(bytes4 answer) external {
        _answer = answer;
    }

    /// @notice Make a call as this account; fails as the call fails.
    function perform(address target, bytes calldata data) external returns (bytes memory answer) {
        bool done;
        (done, answer) = target.call(data);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        return _signed[hash][keccak256(signature)] ? _answer : bytes4(0xffffffff);
    }
}
