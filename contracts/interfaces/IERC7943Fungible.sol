// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

/// @title ERC-7943 (Final) for fungible tokens: who may send and receive, frozen amounts, forced transfers.
/// @dev ERC-165 id 0x3edbb4c4.
interface IERC7943Fungible is IERC165 {
    /// @notice `amount` was taken from `from` and given to `to`.
    event ForcedTransfer(address indexed from, address indexed to, uint256 amount);
    /// @notice `amount` of the account's tokens is frozen from now on.
    event Frozen(address indexed account, uint256 amount);

    /// @notice The account may not send.
    error ERC7943CannotSend(address account);
    /// @notice The account may not receive.
    error ERC7943CannotReceive(address account);
    /// @notice The transfer is not allowed.
    error ERC7943CannotTransfer(address from, address to, uint256 amount);
    /// @notice The account has `amount`, but only `unfrozen` of it is not frozen.
    error ERC7943InsufficientUnfrozenBalance(address account, uint256 amount, uint256 unfrozen);

    /// @notice Take `amount` from `from` and give it to `to`, which must be allowed to receive; unfreezes as much as is
    /// needed first.
    /// @return result Always true; reverts otherwise.
    function forcedTransfer(address from, address to, uint256 amount) external returns (bool result);

    /// @notice Freeze `amount` of an account's tokens, instead of what was frozen before; may exceed its balance.
    /// @return result Always true; reverts otherwise.
    function setFrozenTokens(address account, uint256 amount) external returns (bool result);

    /// @notice Whether the account may send tokens; says nothing about amounts. Never reverts.
    function canSend(address account) external view returns (bool allowed);

    /// @notice Whether the account may receive tokens; says nothing about amounts. Never reverts.
    function canReceive(address account) external view returns (bool allowed);

    /// @notice The frozen amount of an account; may exceed its balance.
    function getFrozenTokens(address account) external view returns (uint256 amount);

    /// @notice Whether the rules allow this transfer: both accounts, and the amount that is not frozen. Says nothing
    /// about balance and allowance. Never reverts.
    function canTransfer(address from, address to, uint256 amount) external view returns (bool allowed);
}
