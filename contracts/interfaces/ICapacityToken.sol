// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC7572} from "./IERC7572.sol";
import {IERC7943Fungible} from "./IERC7943Fungible.sol";

/// @title CapacityToken: an ERC-20 share of one cluster that earns in two currencies.
/// @notice One token (1e18) is one attested unit. Revenue in the stablecoin ("cash") and in bitcoin ("reserve") raises
/// an index per currency; what an account has earned is its balance times the index's growth, exactly: an index moves
/// in steps of 2^-shift currency units per 1e-18 token and what a step can not express is carried to the next
/// distribution, so nothing is ever lost to rounding but the fraction of a unit that a claim leaves owed.
///
/// A backlog, revenue that comes late and all at once, raises the index linearly over 24 hours, so that nobody can buy
/// it by holding for a moment. New tokens come with their own part of what vests then, so they take none of the
/// others'. What has been earned stays an account's own through transfer, freeze, forced transfer
/// and retirement.
///
/// Transfers follow ERC-7943: the receiver needs a credential that the cluster's policy accepts, or must be a system
/// holder; the sender must not be blocked, and what is frozen stays. See ICompliance.
///
/// Bounds: a currency takes `2^(128 - shift) - 1` of its smallest units in a token's life (cash: 2^40 coins or more;
/// reserve: 2^25 coins or more). Revenue above that is held for ever, revenue that comes while no token exists is
/// carried, and is the next tokens' from their mint on; nothing reverts.
interface ICapacityToken is IERC20Metadata, IERC20Permit, IERC7943Fungible, IERC7572 {
    /// @notice The contracts around a token.
    /// @param registry Mints and burns.
    /// @param router Adds revenue.
    /// @param vault Holds the coins.
    /// @param compliance Says who may send and receive.
    /// @param metadata Writes the token's document.
    /// @param cash The stablecoin.
    /// @param reserve The bitcoin token.
    struct Around {
        address registry;
        address router;
        address vault;
        address compliance;
        address metadata;
        address cash;
        address reserve;
    }

    /// @notice State of one currency's revenue now, in ledger integers of 2^-shift of the currency's smallest unit.
    /// `total` is what all accounts together have earned, plus `carried` and `unvested`.
    /// @param index Ledger per 1e-18 token since genesis.
    /// @param total Ledger that was added since genesis, claims included.
    /// @param carried Part of the total that is not in the index yet: less than one step of it, or all while no token
    /// exists.
    /// @param unvested Part of the total that has not vested yet.
    /// @param vestedAt When all of it will have, unix time.
    /// @param held Smallest units above the bound.
    /// @param shift Binary digits after the point of the ledger.
    struct Revenue {
        uint256 index;
        uint256 total;
        uint256 carried;
        uint256 unvested;
        uint256 vestedAt;
        uint256 held;
        uint256 shift;
    }

    /// @notice Stablecoin revenue arrived, in its smallest units; `backlog` of it vests.
    event CashAdded(uint256 amount, uint256 backlog);
    /// @notice Bitcoin revenue arrived, in its smallest units; `backlog` of it vests.
    event ReserveAdded(uint256 amount, uint256 backlog);
    /// @notice With tokens that are about to be minted came their part of what vests; it vests with that.
    event ToppedUp(uint256 cash, uint256 reserve);
    /// @notice An account's earnings were paid to `to`, in currency units.
    event Claimed(address indexed account, address indexed to, uint256 cash, uint256 reserve);
    /// @notice An account's signature with this nonce was used, for a permit or a claim. What is left of an allowance
    /// that was spent from is in an `Approval`.
    event NonceUsed(address indexed account, uint256 nonce);

    /// @notice Only the registry mints and burns.
    error CapacityToken_NotRegistry(address caller);
    /// @notice Only the router adds revenue.
    error CapacityToken_NotRouter(address caller);
    /// @notice Only the compliance contract freezes and forces transfers; its own functions say who may ask it.
    error CapacityToken_NotCompliance(address caller);
    /// @notice The permit's deadline has passed.
    error CapacityToken_PermitExpired(uint256 deadline);
    /// @notice The permit was signed by somebody else than the owner, or for other contents.
    error CapacityToken_InvalidPermit(address signer, address owner);
    /// @notice The signed claim's deadline has passed.
    error CapacityToken_ClaimExpired(uint256 deadline);
    /// @notice The claim was not signed by the account, or for other contents.
    error CapacityToken_InvalidClaim(address account);
    /// @notice The supply would exceed what an account can hold.
    error CapacityToken_SupplyTooLarge(uint256 supply);
    /// @notice Only the last 1 to `limit` days can be looked back on.
    error CapacityToken_InvalidPeriod(uint256 daysBack, uint256 limit);

    /// @notice The cluster whose units this token represents.
    function clusterId() external view returns (uint256);

    /// @notice The policy that says who may receive this token.
    function policy() external view returns (uint256);

    /// @notice The stablecoin of the cash index.
    function cash() external view returns (address);

    /// @notice The bitcoin token of the reserve index.
    function reserve() external view returns (address);

    /// @notice Mint to `account`, which must be allowed to receive.
    /// @dev Only the registry, on attestation, after `topUp`. What is carried when there is no token counts as vested:
    /// the first tokens have it at once.
    function mint(address account, uint256 amount) external;

    /// @notice Burn from `account`, not more than is not frozen.
    /// @dev Only the registry, on retirement, from the operator that asked for it.
    function burn(address account, uint256 amount) external;

    /// @notice Raise the cash index by revenue that already stands in this token's claim in the vault.
    /// @dev Only the router.
    /// @param backlog Part of the amount that vests over 24 hours.
    function addCash(uint256 amount, uint256 backlog) external;

    /// @notice Raise the reserve index by revenue that already stands in this token's claim in the vault.
    /// @dev Only the router.
    /// @param backlog Part of the amount that vests over 24 hours.
    function addReserve(uint256 amount, uint256 backlog) external;

    /// @notice Add revenue that already stands in this token's claim in the vault to what vests, to vest with it.
    /// @dev Only the router, before a mint, for currencies in which something vests.
    function topUp(uint256 cashAmount, uint256 reserveAmount) external;

    /// @notice Pay all that the caller has earned, in both currencies, to `to`.
    /// @dev Anyone, for themselves. When a coin refuses `to`, or all transfers, the call reverts and nothing is lost:
    /// use another address, or the vault's: then it becomes the caller's own claim in the vault, for which no coin is
    /// asked.
    /// @return cashAmount Cash units paid, rounded down; the fraction stays owed.
    /// @return reserveAmount Reserve units paid, rounded down.
    function claim(address to) external returns (uint256 cashAmount, uint256 reserveAmount);

    /// @notice Pay all that `account` has earned, in both currencies, to `to`, as the account has signed; where that is
    /// the vault, as a claim of the account's.
    /// @dev Anyone, with the account's signature (ECDSA or ERC-1271) over the EIP-712 struct `Claim(address
    /// account,address to,uint256 nonce,uint256 deadline)`; the nonce is `nonces(account)`, which permits count too.
    function claimFor(address account, address to, uint256 deadline, bytes calldata signature)
        external
        returns (uint256 cashAmount, uint256 reserveAmount);

    /// @notice What `claim` would pay to `account` now, currency units rounded down.
    function claimable(address account) external view returns (uint256 cashAmount, uint256 reserveAmount);

    /// @notice What an account is owed now in ledger integers of 2^-shift currency units, fractions included.
    function owedLedgerOf(address account) external view returns (uint256 cashLedger, uint256 reserveLedger);

    /// @notice State of the cash index.
    function cashRevenue() external view returns (Revenue memory);

    /// @notice State of the reserve index.
    function reserveRevenue() external view returns (Revenue memory);

    /// @notice What a token has earned since the beginning of the day `daysBack` days ago, currency units rounded down.
    /// Days are UTC; of a backlog that was vesting then the part up to that day's first revenue is left out.
    /// @param daysBack 1 to 31.
    function trailingRevenue(uint256 daysBack) external view returns (uint256 cashPerToken, uint256 reservePerToken);
}
