// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title CashDesk: ways to pay in the stablecoin within one transaction.
/// @notice What a contract charges comes out of the payer's claim in the vault first, the rest by allowance to the
/// vault. `multicall` runs several calls of the same caller in order, all or nothing: a permit or an authorization,
/// then what is to be paid.
interface ICashDesk {
    /// @notice The contract takes no ether.
    error CashDesk_NoEther();

    /// @notice The stablecoin.
    function cash() external view returns (address);

    /// @notice Allow the vault to spend `amount` of the caller's stablecoin by its ERC-2612 signature.
    /// @dev Where the permit fails, because somebody has sent it before, say, but the allowance is there, goes on;
    /// otherwise reverts as the coin does.
    function permitCash(uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice Move `amount` of the caller's stablecoin into its claim in the vault by its ERC-3009 signature, a
    /// `ReceiveWithAuthorization` to the vault.
    /// @dev What is not spent stays the caller's claim. Reverts as the coin does; nobody but the signer can use it.
    function authorizeCash(
        uint256 amount,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;
}
