// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

/// @title CapacityToken: an ERC-20 share of one cluster that earns in two currencies.
/// @notice One token (1e18) is one attested unit. Revenue in the stablecoin ("cash") and in bitcoin ("reserve") raises
/// an index per currency; what an account has earned is its balance times the index's growth, exactly: an index moves
/// in steps of 2^-shift currency units per 1e-18 token and what a step can not express is carried to the next
/// distribution, so nothing is ever lost to rounding but the fraction of a unit that a claim leaves owed.
///
/// Bounds: a currency takes `2^(128 - shift) - 1` of its smallest units in a token's life (cash: 2^40 coins or more;
/// reserve: 2^25 coins or more). Revenue above that is held for ever, revenue that comes while no token exists is
/// carried; nothing reverts.
interface ICapacityToken is IERC20Metadata, IERC20Permit {
    /// @notice State of one currency's revenue, in ledger integers of 2^-shift of the currency's smallest unit.
    /// @param index Ledger per 1e-18 token since genesis.
    /// @param total Ledger that was added since genesis, claims included.
    /// @param carried Part of the total that is not in the index yet: less than one step of it, or all while no token
    /// exists.
    /// @param held Smallest units above the bound.
    /// @param shift Binary digits after the point of the ledger.
    struct Revenue {
        uint256 index;
        uint256 total;
        uint256 carried;
        uint256 held;
        uint256 shift;
    }

    /// @notice Revenue arrived, in currency units; both indices as they stand now.
    event RevenueAdded(uint256 cash, uint256 reserve, uint256 cashIndex, uint256 reserveIndex);
    /// @notice An account's earnings were paid to `to`, in currency units.
    event Claimed(address indexed account, address indexed to, uint256 cash, uint256 reserve);

    /// @notice Only the registry mints and burns.
    error CapacityToken_NotRegistry(address caller);
    /// @notice Only the router adds revenue.
    error CapacityToken_NotRouter(address caller);
    /// @notice The permit's deadline has passed.
    error CapacityToken_PermitExpired(uint256 deadline);
    /// @notice The permit was signed by somebody else than the owner, or for other contents.
    error CapacityToken_InvalidPermit(address signer, address owner);
    /// @notice The supply would exceed what an account can hold.
    error CapacityToken_SupplyTooLarge(uint256 supply);

    /// @notice The cluster whose units this token represents.
    function clusterId() external view returns (uint256);

    /// @notice The stablecoin of the cash index.
    function cash() external view returns (address);

    /// @notice The bitcoin token of the reserve index.
    function reserve() external view returns (address);

    /// @notice Mint to `account`. @dev Only the registry, on attestation.
    function mint(address account, uint256 amount) external;

    /// @notice Burn from `account`. @dev Only the registry, on retirement, from the operator that asked for it.
    function burn(address account, uint256 amount) external;

    /// @notice Raise the indices by revenue that already stands in this token's claim in the vault.
    /// @dev Only the router.
    function addRevenue(uint256 cashAmount, uint256 reserveAmount) external;

    /// @notice Pay all that the caller has earned, in both currencies, to `to`.
    /// @dev Anyone, for themselves. When a coin refuses `to` the call reverts and nothing is lost: use another address.
    /// @return cashAmount Cash units paid, rounded down; the fraction stays owed.
    /// @return reserveAmount Reserve units paid, rounded down.
    function claim(address to) external returns (uint256 cashAmount, uint256 reserveAmount);

    /// @notice What `claim` would pay to `account` now, currency units rounded down.
    function claimable(address account) external view returns (uint256 cashAmount, uint256 reserveAmount);

    /// @notice What an account is owed now in ledger integers of 2^-shift currency units, fractions included.
    function owedLedgerOf(address account) external view returns (uint256 cashLedger, uint256 reserveLedger);

    /// @notice State of the cash index.
    function cashRevenue() external view returns (Revenue memory);

    /// @notice State of the reserve index.
    function reserveRevenue() external view returns (Revenue memory);
}
