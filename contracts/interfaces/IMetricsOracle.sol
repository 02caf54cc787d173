// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title MetricsOracle: what was measured, hour by hour, signed by a quorum of reporters.
/// @notice Stores one raw record per cluster and hour and knows neither leases nor service levels. An hour is `unix
/// time / 3600`. A record is final once it can no longer be contested; only final hours move money. While it is
/// contested (`IContests`) it is not final, however long that takes.
///
/// A sample is one word, from the highest bit to the lowest:
///
/// | bits | field     | unit                                                            |
/// |------|-----------|-----------------------------------------------------------------|
/// | 32   | cluster   | id                                                              |
/// | 24   | hour      | unix time / 3600                                                |
/// | 36   | working   | thousandths of a unit: mean over the hour of units that worked  |
/// | 36   | available | thousandths of a unit: mean of the moments' min(working, booked)|
/// | 20   | measured  | millionths: utilization of the attested units as measured       |
/// | 44   | energy    | joules in the hour, 0 when it was not measured                  |
/// | 64   | work      | GFLOP or tokens in the hour, 0 when it was not measured         |
interface IMetricsOracle {
    /// @notice Why a sample of an otherwise valid batch was passed over.
    enum Skip {
        UnknownCluster, // no such cluster
        BeforeGenesis, // the hour precedes the cluster's registration, and nothing stands in its place in the ring
        Unfinished, // the hour is not over
        Ancient, // the hour has left the two-year window
        Reported, // the hour has a record, from a report or from silence
        Malformed // available > working, or measured > 1e6
    }

    /// @notice An ECDSA signature in the compact form of ERC-2098: `vs` holds s and, in its highest bit, the parity.
    struct Signature {
        bytes32 r;
        bytes32 vs;
    }

    /// @notice What one reporter measured of one hour, as it signs it for the others: a leaf of a batch's evidence.
    /// @param sample The measured hour, one word.
    /// @param root Merkle root of the reporter's raw samples of that hour and of the devices in them.
    /// @param moments How many times it looked.
    /// @param gap Longest time that it did not look, seconds.
    /// @param canaries Jobs of its own that ran on the cluster in that hour and answered right.
    /// @param heartbeats Statements of leases' users that they used what they lease in that hour.
    struct Measurement {
        uint256 sample;
        bytes32 root;
        uint32 moments;
        uint32 gap;
        uint32 canaries;
        uint32 heartbeats;
    }

    /// @notice One hour of one cluster as stored; units as in a sample.
    /// @param reported Whether the hour has a record at all.
    /// @param isContested Whether the record waits for the decision of a contest.
    /// @param isFinal Whether the record can no longer change.
    /// @param finalAt Market clock (seconds, see `ICapacityRegistry.clock`) from which the record is final; 2^32 - 1
    /// while it is contested.
    struct Record {
        bool reported;
        bool isContested;
        bool isFinal;
        uint256 finalAt;
        uint256 working;
        uint256 available;
        uint256 measured;
        uint256 energy;
        uint256 work;
    }

    /// @notice A batch was accepted. Samples that were passed over follow as `SampleSkipped`.
    /// @param evidence Merkle root of the measurements behind the batch, see `proves`.
    /// @param signers Bit i is set when signer i of the current set signed.
    /// @param finalAt Market clock from which the batch's records are final.
    event Reported(bytes32 indexed evidence, uint256 signers, uint256 finalAt, uint256[] samples);
    /// @notice A sample of the batch in the same transaction had no effect.
    event SampleSkipped(uint256 indexed clusterId, uint256 indexed hour, Skip reason);
    /// @notice An hour without a report was closed as zero after `SILENCE`.
    event SilenceClosed(uint256 indexed clusterId, uint256 indexed hour, uint256 finalAt);
    /// @notice An hour is contested: its record is not final until it is decided.
    event Held(uint256 indexed clusterId, uint256 indexed hour);
    /// @notice A contested hour was decided: `sample` is its record now, final from `finalAt` on the market clock.
    event Decided(uint256 sample, uint256 finalAt);
    /// @notice These will be the reporters, once anybody enacts them from the unix time `enactableAt` on.
    event SignersAnnounced(address[] signers, uint256 threshold, uint256 enactableAt);
    /// @notice The reporters and the number of signatures that a batch needs.
    event SignersSet(address[] signers, uint256 threshold);
    /// @notice A reporter was removed; `SignersSet` says who is left. What had been announced is void.
    event SignerRemoved(address indexed signer);
    /// @notice The reporters' revenue was credited to them in the vault, `each` to every signer.
    event ReportersPaid(uint256 each, uint256 reporters);

    /// @notice A batch without samples says nothing.
    error MetricsOracle_EmptyBatch();
    /// @notice Fewer, or more, signatures than the threshold.
    error MetricsOracle_SignatureCount(uint256 needed, uint256 given);
    /// @notice Signature `index` recovers to no address at all.
    error MetricsOracle_InvalidSignature(uint256 index);
    /// @notice Signature `index` is by an address that is no reporter.
    error MetricsOracle_UnknownSigner(uint256 index, address signer);
    /// @notice The same reporter signed twice in a row; a repetition further on is out of order.
    error MetricsOracle_RepeatedSigner(uint256 index, address signer);
    /// @notice Signatures must come in ascending order of the signer's address.
    error MetricsOracle_SignerOrder(uint256 index, address signer);
    /// @notice A signer set needs 1 to 32 ascending, non-zero addresses and a threshold above half and up to all of
    /// them.
    error MetricsOracle_InvalidSigners(uint256 count, uint256 threshold);
    /// @notice No removal without an announcement may leave fewer reporters than a batch needs signatures.
    error MetricsOracle_TooFewSigners(uint256 count, uint256 threshold);
    /// @notice The address is no reporter.
    error MetricsOracle_NoSigner(address signer);
    /// @notice Other signers were announced, or none.
    error MetricsOracle_NotAnnounced();
    /// @notice The announced signers can be enacted from the unix time `enactableAt` on.
    error MetricsOracle_TooEarly(uint256 enactableAt, uint256 timestamp);
    /// @notice Only the contests contract holds and decides records.
    error MetricsOracle_NotContests(address caller);
    /// @notice The hour has no record that could be contested.
    error MetricsOracle_NotReported(uint256 clusterId, uint256 hour);
    /// @notice The hour's record can no longer be contested; both times are on the market clock.
    error MetricsOracle_AlreadyFinal(uint256 clusterId, uint256 hour, uint256 finalAt, uint256 clock);
    /// @notice The hour is contested already.
    error MetricsOracle_AlreadyContested(uint256 clusterId, uint256 hour);
    /// @notice The hour is not contested.
    error MetricsOracle_NotContested(uint256 clusterId, uint256 hour);
    /// @notice The sample contradicts itself: available > working, or measured > 1e6.
    error MetricsOracle_MalformedSample(uint256 sample);
    /// @notice `closeSilent`: the hour already has a record.
    error MetricsOracle_HourReported(uint256 clusterId, uint256 hour);
    /// @notice `closeSilent`: the hour is before the cluster's genesis or out of the window.
    error MetricsOracle_HourOutOfRange(uint256 clusterId, uint256 hour);
    /// @notice `closeSilent`: too early; `closableAt` and `clock` are on the market clock.
    error MetricsOracle_NotSilent(uint256 clusterId, uint256 hour, uint256 closableAt, uint256 clock);
    /// @notice The finality given at deployment is below an hour or above thirty days.
    error MetricsOracle_InvalidFinality(uint256 finality);

    /// @notice Hours kept: a record is overwritten by the hour two years later.
    function RING() external view returns (uint256 hoursKept);

    /// @notice Seconds on the market clock, from an hour's end, after which anyone may close an unreported hour as
    /// zero.
    function SILENCE() external view returns (uint256 secondsOnClock);

    /// @notice Seconds between the announcement of new reporters and the earliest time that they can be enacted.
    function SIGNER_DELAY() external view returns (uint256 secondsOfTime);

    /// @notice The contract through which tenants contest records.
    function contests() external view returns (address);

    /// @notice Seconds on the market clock between a report and its finality.
    function finality() external view returns (uint256 secondsOnClock);

    /// @notice Record what a quorum measured.
    /// @dev Anyone may call: the signatures are the only authority. Exactly `threshold` signatures over
    /// `reportDigest(samples, evidence)`, in ascending order of the signers' addresses. A sample that can have no
    /// effect is skipped with an event and the rest still count, so an hour is recorded once, whatever is replayed. A
    /// sample signed before its hour was over is skipped too, but whoever has the batch can submit it again later:
    /// reporters must not sign ahead.
    /// @return recorded How many samples were recorded.
    function report(uint256[] calldata samples, bytes32 evidence, Signature[] calldata signatures)
        external
        returns (uint256 recorded);

    /// @notice Close one hour without a report as zero, once `SILENCE` has passed since its end.
    /// @dev Anyone may call. The record is final at once: nothing was measured, so nothing is paid.
    function closeSilent(uint256 clusterId, uint256 hour) external;

    /// @notice Keep a record from becoming final, because it is contested.
    /// @dev Only the contests contract. Reverts unless the hour has a record that is neither final nor contested.
    /// @return available What the record says, thousandths of a unit.
    function hold(uint256 clusterId, uint256 hour) external returns (uint256 available);

    /// @notice Put `sample` in the place of a contested record, final at once.
    /// @dev Only the contests contract. Reverts unless the hour is contested, and where the sample contradicts itself.
    function decide(uint256 sample) external;

    /// @notice Announce other reporters, or another threshold. A new announcement takes the place of one before.
    /// @dev Restricted by the authority. Nothing changes until `enactSigners`.
    /// @param signers Ascending addresses, 1 to 32.
    /// @param threshold Signatures needed: more than half of the reporters, at most all.
    function announceSigners(address[] calldata signers, uint256 threshold) external;

    /// @notice Put the announced reporters in the place of the present ones, who are paid first what was released.
    /// @dev Anyone may call, `SIGNER_DELAY` after the announcement of exactly these. What the router has not released
    /// until then is for those who come.
    function enactSigners(address[] calldata signers, uint256 threshold) external;

    /// @notice Remove a reporter at once, a stolen key for instance. All present reporters are paid first what
    /// was released; what the router has not released yet is for those who stay.
    /// @dev Restricted by the authority, to its guardians. The threshold stays, so this can go on until as many
    /// reporters are left as a batch needs signatures. Voids what was announced.
    function removeSigner(address signer) external;

    /// @notice Credit the reporters' share of revenue, in equal parts, to the present reporters' claims in the vault.
    /// @dev Anyone may call. What can not be divided waits for the next time.
    /// @return each What every reporter was credited, in stablecoin units.
    function payReporters() external returns (uint256 each);

    /// @notice The reporters in ascending order, and the threshold.
    function signers() external view returns (address[] memory addresses, uint256 threshold);

    /// @notice Hash of `abi.encode(signers, threshold)` as announced, and the unix time from which it can be enacted;
    /// both zero when nothing is announced.
    function announcement() external view returns (bytes32 hash, uint256 enactableAt);

    /// @notice Revert unless exactly `threshold` reporters signed `digest`, in ascending order of their addresses.
    /// @return bitmap Bit i is set when signer i signed.
    function requireQuorum(bytes32 digest, Signature[] calldata signatures) external view returns (uint256 bitmap);

    /// @notice The same with all reporters but one, or `threshold` where that is more.
    function requireSupermajority(bytes32 digest, Signature[] calldata signatures)
        external
        view
        returns (uint256 bitmap);

    /// @notice The EIP-712 digest of `Measurement(uint256 sample,bytes32 root,uint32 moments,uint32 gap,uint32
    /// canaries,uint32 heartbeats)` in this contract's domain: what a reporter signs for the others.
    function measurementDigest(Measurement calldata measurement) external view returns (bytes32);

    /// @notice Whether `raw`, a raw sample or a device, stands behind a batch: it is a leaf under the root of a
    /// measurement that is a leaf under the batch's evidence.
    /// @dev Leaves are hashed twice, pairs of nodes in ascending order, as OpenZeppelin's MerkleProof has it. A
    /// measurement's leaf is `keccak256(abi.encode(reporter, measurementDigest(measurement)))`, hashed again; a raw
    /// sample's is `keccak256(raw)`, hashed again. Says nothing of who signed what, nor of whether the evidence is any
    /// batch's: that is in the `Reported` events.
    function proves(
        bytes32 evidence,
        address reporter,
        Measurement calldata measurement,
        bytes32[] calldata path,
        bytes calldata raw,
        bytes32[] calldata rawPath
    ) external view returns (bool);

    /// @notice The EIP-712 digest of `Report(uint256[] samples,bytes32 evidence)` in this contract's domain.
    function reportDigest(uint256[] calldata samples, bytes32 evidence) external view returns (bytes32);

    /// @notice The record of an hour, all zero when there is none.
    function recordOf(uint256 clusterId, uint256 hour) external view returns (Record memory);

    /// @notice What the market needs of an hour: whether it is final and, if so, how much was available.
    /// @dev An hour more than two years old that has no record, because nobody reported it or because the hour two
    /// years later has taken its place, is final and zero, so that nothing waits for ever.
    /// @return isFinal Whether the hour's record can no longer change.
    /// @return available Thousandths of a unit; 0 unless final.
    function finalAvailable(uint256 clusterId, uint256 hour) external view returns (bool isFinal, uint256 available);
}
