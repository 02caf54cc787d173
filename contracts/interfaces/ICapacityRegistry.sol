// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IMetricsOracle} from "./IMetricsOracle.sol";

/// @title CapacityRegistry: operators, clusters and their terms, attestation, sellable capacity, pause.
/// @notice A cluster is one operator's homogeneous capacity at one site. Its terms never change after registration. Its
/// token's supply always equals the units that a quorum of reporters attested, times 1e18. "Millionths" below are parts
/// of Q = 1e6.
interface ICapacityRegistry {
    enum Kind {
        Training, // a unit is one GPU; work is GFLOP
        Inference, // a unit is 1,000 sustained output tokens/s of a named model; work is tokens
        Edge // a unit is one node; work is tokens
    }

    /// @notice The price of a cluster's unit-hours and the leases it admits.
    /// @param baseStart First base price, stablecoin units per unit-hour; floor to cap.
    /// @param baseFloor Lowest base price, stablecoin units per unit-hour; at least 1.
    /// @param baseCap Highest base price, stablecoin units per unit-hour; at most 1e12.
    /// @param low Multiple of the base paid for the first unit of an empty hour, millionths; at least 1.
    /// @param high Multiple of the base paid for the last unit of a full hour, millionths; low to 100e6.
    /// @param target Booked fraction at which the base stands still, millionths; at most 1e6.
    /// @param speed Growth of the base's logarithm per hour and unit of (booked fraction - target), millionths; at most
    /// 1e6.
    /// @param discount Term discount of a lease of `discountHours` or more, millionths; bounded by `DiscountTooSteep`.
    /// @param discountHours Hours over which the discount rises linearly from zero; 1 to 17,520.
    /// @param cancelFee Part of the gross of cancelled hours that is not given back, millionths; at most 1e6.
    /// @param minHours Shortest lease, hours; at least 1.
    /// @param maxHours Longest lease, hours; at least minHours.
    /// @param horizonHours How far ahead a lease may end, hours from the current one's start; maxHours to 17,520.
    struct Pricing {
        uint64 baseStart;
        uint64 baseFloor;
        uint64 baseCap;
        uint32 low;
        uint32 high;
        uint32 target;
        uint32 speed;
        uint32 discount;
        uint32 discountHours;
        uint32 cancelFee;
        uint32 minHours;
        uint32 maxHours;
        uint32 horizonHours;
    }

    /// @notice The promise: what part of an hour's rent a shortfall costs, and what stands behind it.
    /// @param sla Fraction of the booked units at which an hour is served in full, millionths; 1 to 1e6.
    /// @param penalty Extra loss of rent per unit of relative shortfall, millionths; at most 10e6. Losses beyond the
    /// rent come out of the bond.
    /// @param bond Bond that must stand behind every booked unit, stablecoin units; 0 for none, at most 1e12.
    struct Service {
        uint32 sla;
        uint32 penalty;
        uint64 bond;
    }

    /// @notice Who earns the rent; holders receive in cash what is left.
    /// @param operator Part of the operator, millionths.
    /// @param reporters Part of the reporters, millionths.
    /// @param bitcoin Part that holders receive in bitcoin, millionths. The three add up to 1e6 at most.
    struct Split {
        uint32 operator;
        uint32 reporters;
        uint32 bitcoin;
    }

    /// @notice Everything about a cluster that is fixed at registration.
    /// @param kind What a unit is.
    /// @param sku The hardware or model, ASCII, left-aligned, e.g. "V100-SXM2-32GB".
    /// @param region Where it stands, ASCII, left-aligned, e.g. "CN-EAST".
    /// @param power Nominal power of one unit, watts.
    /// @param policy The policy that says who may receive the cluster's token; see ICompliance.
    struct Terms {
        Kind kind;
        uint32 power;
        uint32 policy;
        bytes32 sku;
        bytes32 region;
        Pricing pricing;
        Service service;
        Split split;
    }

    /// @notice A cluster's state.
    /// @param operator Who runs it, sells its capacity and receives the operator's share.
    /// @param token Its CapacityToken.
    /// @param attested Units proven to exist: the token's supply, and the G of the price.
    /// @param sellable Units open to new bookings; at most `attested`.
    /// @param genesis First hour of the cluster's record.
    /// @param attestations How many attestations were used; the next one must carry this number.
    struct Cluster {
        address operator;
        address token;
        uint32 attested;
        uint32 sellable;
        uint32 genesis;
        uint32 attestations;
    }

    /// @notice What the market needs of a cluster to price and book.
    /// @param pricing Its pricing terms.
    /// @param attested The G of the price, units.
    /// @param sellable Units open to bookings.
    /// @param genesis First hour of its record.
    /// @param bond Bond behind every booked unit, stablecoin units.
    /// @param isPaused Whether new leases are stopped.
    struct Offer {
        Pricing pricing;
        uint256 attested;
        uint256 sellable;
        uint256 genesis;
        uint256 bond;
        bool isPaused;
    }

    /// @notice A cluster was registered with these terms, and its token deployed.
    event ClusterRegistered(
        uint256 indexed clusterId,
        address indexed operator,
        address token,
        uint256 genesis,
        string name,
        string symbol,
        Terms terms
    );
    /// @notice A quorum attested `units` more units, minted to the operator.
    event Attested(
        uint256 indexed clusterId,
        uint256 units,
        uint256 attested,
        uint256 sellable,
        bytes32 evidence,
        uint256 signers
    );
    /// @notice The cluster is run by `operator` from now on.
    event OperatorChanged(uint256 indexed clusterId, address indexed former, address indexed operator);
    /// @notice The operator opened or closed units to new bookings.
    event SellableSet(uint256 indexed clusterId, uint256 sellable);
    /// @notice The operator burned `units` tokens and took as many units out of service.
    event Retired(uint256 indexed clusterId, uint256 units, uint256 attested, uint256 sellable);
    /// @notice More was measured than was booked: capacity was sold off the books, or used by nobody who pays for it.
    /// @param measured Utilization of the attested units as reported, millionths.
    /// @param covered Unit-seconds booked in that hour.
    /// @param attested Units attested now.
    event OffBook(
        uint256 indexed clusterId, uint256 indexed hour, uint256 measured, uint256 covered, uint256 attested
    );
    /// @notice New leases and mints stopped, and the market clock with them.
    event Paused(uint256 clock);
    /// @notice The market clock runs again.
    event Unpaused(uint256 clock);

    /// @notice There is no such cluster.
    error CapacityRegistry_UnknownCluster(uint256 clusterId);
    /// @notice Only the cluster's operator may do this.
    error CapacityRegistry_NotOperator(uint256 clusterId, address caller);
    /// @notice A cluster needs an operator, and another one than now.
    error CapacityRegistry_InvalidOperator(address operator);
    /// @notice A field of the terms is out of its bounds.
    error CapacityRegistry_InvalidTerms(string field);
    /// @notice A token name has 1 to 31 bytes (the EIP-712 domain's limit), a symbol 1 to 11.
    error CapacityRegistry_InvalidName(uint256 nameLength, uint256 symbolLength);
    /// @notice The discount would make a longer lease cheaper than a shorter one: needs `discount * high <= (1e6 -
    /// discount) * low`.
    error CapacityRegistry_DiscountTooSteep(uint256 discount, uint256 low, uint256 high);
    /// @notice At least one unit, and at most `limit` in all.
    error CapacityRegistry_InvalidUnits(uint256 units, uint256 limit);
    /// @notice The attestation was used, or is not the next one.
    error CapacityRegistry_AttestationNumber(uint256 expected, uint256 given);
    /// @notice Revenue of hours before `due` is not accrued yet: new units would take part of it. Report, or accrue,
    /// first.
    error CapacityRegistry_RecordNotCurrent(uint256 clusterId, uint256 accruedTo, uint256 due);
    /// @notice So many units can not be open to bookings.
    error CapacityRegistry_SellableAboveAttested(uint256 sellable, uint256 attested);
    /// @notice Units that are still booked can not be retired.
    error CapacityRegistry_StillBooked(uint256 clusterId, uint256 peak, uint256 remaining);
    /// @notice The hour has no report yet.
    error CapacityRegistry_NotReported(uint256 clusterId, uint256 hour);
    /// @notice What was measured is within what was booked and the tolerance; all of the attested units, millionths.
    error CapacityRegistry_WithinBooked(uint256 clusterId, uint256 hour, uint256 measured, uint256 limit);
    /// @notice Not while paused.
    error CapacityRegistry_Paused();
    /// @notice Not unless paused.
    error CapacityRegistry_NotPaused();

    /// @notice Largest number of units that a cluster can have.
    function MAX_UNITS() external view returns (uint256);

    /// @notice How far the measured utilization may lie above the booked one, millionths of the attested units.
    function OFF_BOOK_TOLERANCE() external view returns (uint256);

    /// @notice Register a cluster, run by the caller, and deploy its token. No units exist until they are attested.
    /// @dev Restricted by the authority to admitted operators. Not while paused.
    /// @param name Name of the token, 1 to 31 bytes.
    /// @param symbol Symbol of the token, 1 to 11 bytes.
    function register(Terms calldata terms, string calldata name, string calldata symbol)
        external
        returns (uint256 clusterId);

    /// @notice Mint the tokens of newly attested units to the operator and open the units to bookings.
    /// @dev Only the operator, which must be allowed to receive. Not while paused. Accrues and distributes first, and
    /// requires the record to be current, so that new units take no part of older revenue than that of hours which can
    /// not be final yet: those of the last `finality` and two hours. Of what vests, and of what waits to be turned into
    /// bitcoin, they bring their own part: the operator pays it once the rest is in order, see `topUpOf` in
    /// IRevenueRouter. After a pause it can take as long again until the record is current; and while an hour is
    /// contested it is not, until that is decided.
    /// Devices' uniqueness across clusters is the reporters' duty, checked off chain from the evidence.
    /// @param units Units that are added.
    /// @param number The cluster's count of used attestations; makes each attestation good for one use.
    /// @param evidence Merkle root of the device identities.
    /// @param signatures A quorum's signatures over `attestationDigest(clusterId, units, number, evidence)`.
    function mint(
        uint256 clusterId,
        uint256 units,
        uint256 number,
        bytes32 evidence,
        IMetricsOracle.Signature[] calldata signatures
    ) external;

    /// @notice Set how many units are open to new bookings. Existing bookings are never touched.
    /// @dev Only the operator, at any time.
    function setSellable(uint256 clusterId, uint256 sellable) external;

    /// @notice Burn `units` of the operator's tokens and take as many units out of service.
    /// @dev Only the operator, with tokens that are not frozen. Accrues, `MAX_STEPS` of the market at most, and
    /// distributes first. Never below what is still booked in any hour from now on. What the tokens earned until then
    /// stays owed; what hours not yet final will earn, and what has not vested, goes to the tokens that remain.
    function retire(uint256 clusterId, uint256 units) external;

    /// @notice Let another account run a cluster: sell its capacity, receive what of the operator's share was not
    /// released yet, and hold what there is of the bond. Tokens, claims in the vault and what they earned stay where
    /// they are.
    /// @dev Only the operator; or, where its key is lost or stolen, the governor.
    function setOperator(uint256 clusterId, address operator) external;

    /// @notice Raise the alarm for an hour in which more was measured than was booked: emits `OffBook`, and does
    /// nothing else.
    /// @dev Anyone may call, as often as they like; only when it is true. What was booked counts for the
    /// seconds it was booked for; the attested
    /// units are the present ones, so an hour before a mint or a retirement is judged by what there is after it.
    function flagOffBook(uint256 clusterId, uint256 hour) external;

    /// @notice Stop new leases and mints, and the market clock: finality and silence wait. Settling, refunds and claims
    /// stay open.
    /// @dev Restricted by the authority.
    function pause() external;

    /// @notice End a pause.
    /// @dev Restricted by the authority.
    function unpause() external;

    /// @notice Whether new leases and mints are stopped.
    function paused() external view returns (bool);

    /// @notice The market clock: seconds since deployment that were not paused.
    function clock() external view returns (uint256);

    /// @notice The market clock as it stood at `timestamp`, a unix time up to now; 0 before deployment.
    function clockAt(uint256 timestamp) external view returns (uint256);

    /// @notice How many clusters there are; ids run from 1 to this number.
    function clusterCount() external view returns (uint256);

    /// @notice A cluster's state.
    /// @dev Reverts for an unknown cluster, like the other views of one cluster.
    function clusterOf(uint256 clusterId) external view returns (Cluster memory);

    /// @notice A cluster's terms.
    function termsOf(uint256 clusterId) external view returns (Terms memory);

    /// @notice What the market needs to price and book.
    function offerOf(uint256 clusterId) external view returns (Offer memory);

    /// @notice A cluster's service terms.
    function serviceOf(uint256 clusterId) external view returns (Service memory);

    /// @notice Who runs a cluster; zero when it is unknown. Never reverts.
    function operatorOf(uint256 clusterId) external view returns (address operator);

    /// @notice Who earns a cluster's revenue, and how it is split.
    function payeesOf(uint256 clusterId) external view returns (address operator, address token, Split memory split);

    /// @notice First hour of a cluster's record; 0 when the cluster is unknown. Never reverts.
    function genesisOf(uint256 clusterId) external view returns (uint256 hour);

    /// @notice The EIP-712 digest of `Attestation(uint256 clusterId,uint256 units,uint256 number,bytes32 evidence)`.
    function attestationDigest(uint256 clusterId, uint256 units, uint256 number, bytes32 evidence)
        external
        view
        returns (bytes32);
}
