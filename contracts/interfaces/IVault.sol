// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Vault: holds every coin; everybody else holds claims in it.
/// @notice A claim is an amount of one coin, in that coin's smallest unit, owed to one account. Contracts and people
/// hold claims alike. Moving a claim calls no coin, so a coin's blocklist or pause can only stop the last step, the
/// withdrawal of its own target; that claim stays, and can be withdrawn to another address.
/// @dev Invariant: for every coin, `balanceOf(vault) >= sum of claims`; the difference is donations, which nobody owns.
interface IVault {
    /// @notice Coins entered the vault: `payer` paid `amount`, claimable by `account`.
    event Deposited(address indexed coin, address indexed payer, address indexed account, uint256 amount);
    /// @notice A claim moved between two accounts inside the vault.
    event Moved(address indexed coin, address indexed from, address indexed to, uint256 amount);
    /// @notice Coins left the vault: the claim of `account` fell by `amount`, paid to `to`.
    event Withdrawn(address indexed coin, address indexed account, address indexed to, uint256 amount);

    /// @notice Only the lease market, the lease exchange, the contests and the revenue router may charge an account,
    /// each the one that called it.
    error Vault_MayNotCharge(address caller, address payer);
    /// @notice The account's claim is smaller than what it tried to move or withdraw.
    error Vault_InsufficientClaim(address coin, address account, uint256 claim, uint256 amount);
    /// @notice The coin delivered another amount than was asked for (fees on transfer, rebasing).
    error Vault_InexactTransfer(address coin, uint256 expected, uint256 received);
    /// @notice A claim or a coin can not go to the zero address or, for coins, back into the vault.
    error Vault_InvalidReceiver(address receiver);
    /// @notice The two lists of a batch differ in length.
    error Vault_LengthMismatch(uint256 accounts, uint256 amounts);

    /// @notice The lease market, which may charge the account that called it.
    function market() external view returns (address);

    /// @notice The lease exchange, which may charge the account that called it.
    function exchange() external view returns (address);

    /// @notice The contests contract, which may charge the account that called it.
    function contests() external view returns (address);

    /// @notice The revenue router, which may charge the account that called it.
    function router() external view returns (address);

    /// @notice What `account` can withdraw or move, in the smallest unit of `coin`.
    function claimOf(address coin, address account) external view returns (uint256);

    /// @notice Pay `amount` of `coin` from the caller, by allowance to the vault, into the claim of `account`.
    /// @dev Anyone may call. Reverts when the coin reverts, or delivers another amount than asked.
    function deposit(address coin, address account, uint256 amount) external;

    /// @notice Pay `amount` of `coin`, signed for by `payer` as an ERC-3009 authorization to the vault, into the claim
    /// of `payer`.
    /// @dev Only the payer, the market, the exchange, the contests or the router; these for the account that called
    /// them. Reverts when the coin refuses the authorization, or delivers another amount than asked.
    /// @param nonce The authorization's, any word that the payer has not used.
    function depositWithAuthorization(
        address coin,
        address payer,
        uint256 amount,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice Pay `amount` of `coin` from `payer` into the claim of `to`: out of the payer's own claim as far as that
    /// goes, the rest by allowance to the vault.
    /// @dev Only the market, the exchange, the contests or the router may call, and only for the account that called
    /// it.
    function charge(address coin, address payer, address to, uint256 amount) external;

    /// @notice Move `amount` of the caller's claim to `to`.
    function move(address coin, address to, uint256 amount) external;

    /// @notice Move parts of the caller's claim to several accounts; amounts of zero are skipped.
    function moveBatch(address coin, address[] calldata to, uint256[] calldata amounts) external;

    /// @notice Withdraw `amount` of the caller's claim to `to`, an address of the caller's choice.
    /// @dev Reverts when the coin refuses `to`; the claim then stays and another address can be tried.
    function withdraw(address coin, address to, uint256 amount) external;
}
