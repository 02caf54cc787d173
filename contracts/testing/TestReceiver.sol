// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title TestReceiver: a contract that is offered ERC-721 tokens, and answers as a test asks.
/// @notice For local chains only: anyone may tell it what to do.
contract TestReceiver {
    /// @notice What the last offer carried.
    address public operator;
    address public from;
    uint256 public id;
    bytes public data;

    bytes4 private _answer = this.onERC721Received.selector;
    address private _target;
    bytes private _call;

    /// @notice Answer offers with `answer` instead of the selector that accepts them.
    function setAnswer(bytes4 answer) external {
        _answer = answer;
    }

    /// @notice Make this call while answering an offer; its result does not matter.
    function setCall(address target, bytes calldata call_) external {
        (_target, _call) = (target, call_);
    }

    /// @notice The ERC-721 callback.
    function onERC721Received(address operator_, address from_, uint256 id_, bytes calldata data_)
        external
        returns (bytes4)
    {
        (operator, from, id, data) = (operator_, from_, id_, data_);
        if (_target != address(0)) {
            (bool done,) = _target.call(_call);
            done;
        }
        return _answer;
    }
}
