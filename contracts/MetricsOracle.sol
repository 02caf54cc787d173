// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {ECDSA} from "solady/utils/ECDSA.sol";
import {SSTORE2} from "solady/utils/SSTORE2.sol";
import {ICapacityRegistry} from "./interfaces/ICapacityRegistry.sol";
import {IMetricsOracle} from "./interfaces/IMetricsOracle.sol";
import {IVault} from "./interfaces/IVault.sol";
import {Samples} from "./libraries/Samples.sol";

/// @title MetricsOracle
/// @notice Trust: `threshold` colluding reporters can record anything that no tenant contests; fewer can record
/// nothing. Of what is contested, all reporters but one must say the same. The authority names reporters, two days
/// ahead; its guardians remove them at once, down to the threshold. Anyone may carry a batch to the chain, and can only
/// hold it back, not change it. Liveness: needs `threshold` reporters and one relay. An hour that nobody reports waits,
/// and after seven days on the market clock anyone may close it as zero; a pause stops that clock.
contract MetricsOracle is IMetricsOracle, AccessManaged, EIP712 {
    using Samples for uint256;

    /// The signer set lives in the code of `pointer`, 20 bytes an address, so that a batch reads it in one access.
    struct SignerSet {
        address pointer;
        uint8 threshold;
        uint8 count;
    }

    /// Signers to come, by the hash of their list and threshold, and the unix time from which they can be enacted.
    struct Announcement {
        bytes32 signers;
        uint256 enactableAt;
    }

    /// The genesis that was read last, for successive samples of one cluster.
    struct Genesis {
        uint256 clusterId;
        uint256 hour;
    }

    /// @inheritdoc IMetricsOracle
    uint256 public constant RING = 17_520;
    /// @inheritdoc IMetricsOracle
    uint256 public constant SILENCE = 7 days;
    /// @inheritdoc IMetricsOracle
    uint256 public constant SIGNER_DELAY = 2 days;
    uint256 private constant MAX_SIGNERS = 32;
    /// Half the order of secp256k1: of the two signatures with s and -s only the first is one.
    uint256 private constant MAX_S = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;
    /// `finalAt` of a record that is contested: the market clock does not get there in a century.
    uint256 private constant CONTESTED = type(uint32).max;
    uint256 private constant Q = 1e6;
    uint256 private constant HOUR = 3600;
    bytes32 private constant REPORT_TYPEHASH = keccak256("Report(uint256[] samples,bytes32 evidence)");
    bytes32 private constant MEASUREMENT_TYPEHASH = keccak256(
        "Measurement(uint256 sample,bytes32 root,uint32 moments,uint32 gap,uint32 canaries,uint32 heartbeats)"
    );

    /// @inheritdoc IMetricsOracle
    uint256 public immutable finality;
    ICapacityRegistry private immutable _registry;
    IVault private immutable _vault;
    address private immutable _cash;
    /// @inheritdoc IMetricsOracle
    address public immutable contests;

    SignerSet private _signerSet;
    Announcement private _announcement;
    mapping(uint256 clusterId => mapping(uint256 slot => uint256 record)) private _ring;

    modifier onlyContests() {
        if (msg.sender != contests) revert MetricsOracle_NotContests(msg.sender);
        _;
    }

    constructor(
        address authority,
        ICapacityRegistry registry,
        IVault vault,
        address contests_,
        address cash,
        uint256 finality_,
        address[] memory signers_,
        uint256 threshold
    ) AccessManaged(authority) EIP712("Wellhead MetricsOracle", "1") {
        if (finality_ < HOUR || finality_ > 30 days) revert MetricsOracle_InvalidFinality(finality_);
        _registry = registry;
        _vault = vault;
        contests = contests_;
        _cash = cash;
        finality = finality_;
        _setSigners(signers_, threshold);
    }

    /// @inheritdoc IMetricsOracle
    function report(uint256[] calldata samples, bytes32 evidence, Signature[] calldata signatures)
        external
        returns (uint256 recorded)
    {
        if (samples.length == 0) revert MetricsOracle_EmptyBatch();
        uint256 bitmap = requireQuorum(reportDigest(samples, evidence), signatures);
        uint256 finalAt = _registry.clock() + finality;
        emit Reported(evidence, bitmap, finalAt, samples);
        Genesis memory known;
        for (uint256 i; i < samples.length; ++i) {
            if (_record(samples[i], finalAt, known)) ++recorded;
        }
    }

    /// @inheritdoc IMetricsOracle
    function closeSilent(uint256 clusterId, uint256 hour) external {
        uint256 genesis = _registry.genesisOf(clusterId);
        if (genesis == 0 || hour < genesis || hour > type(uint24).max || _isAncient(hour)) {
            revert MetricsOracle_HourOutOfRange(clusterId, hour);
        }
        if (_stored(clusterId, hour) != 0) revert MetricsOracle_HourReported(clusterId, hour);
        uint256 clock = _registry.clock();
        uint256 hourEnd = (hour + 1) * HOUR;
        // An hour that is not over has been silent for no time at all.
        uint256 closableAt = (hourEnd <= block.timestamp ? _registry.clockAt(hourEnd) : clock) + SILENCE;
        if (clock < closableAt) revert MetricsOracle_NotSilent(clusterId, hour, closableAt, clock);
        _ring[clusterId][hour % RING] = Samples.zeroRecord(hour, clock);
        emit SilenceClosed(clusterId, hour, clock);
    }

    /// @inheritdoc IMetricsOracle
    function hold(uint256 clusterId, uint256 hour) external onlyContests returns (uint256 available) {
        uint256 record = _stored(clusterId, hour);
        if (record == 0) revert MetricsOracle_NotReported(clusterId, hour);
        uint256 finalAt = record.finalAt();
        if (finalAt == CONTESTED) revert MetricsOracle_AlreadyContested(clusterId, hour);
        uint256 clock = _registry.clock();
        if (clock >= finalAt) revert MetricsOracle_AlreadyFinal(clusterId, hour, finalAt, clock);
        _ring[clusterId][hour % RING] = record.toRecord(CONTESTED);
        emit Held(clusterId, hour);
        return record.available();
    }

    /// @inheritdoc IMetricsOracle
    function decide(uint256 sample) external onlyContests {
        uint256 clusterId = sample.cluster();
        uint256 hour = sample.hour();
        if (_stored(clusterId, hour).finalAt() != CONTESTED) revert MetricsOracle_NotContested(clusterId, hour);
        if (_isMalformed(sample)) revert MetricsOracle_MalformedSample(sample);
        uint256 clock = _registry.clock();
        _ring[clusterId][hour % RING] = sample.toRecord(clock);
        emit Decided(sample, clock);
    }

    /// @inheritdoc IMetricsOracle
    function announceSigners(address[] calldata signers_, uint256 threshold) external restricted {
        _requireValid(signers_, threshold);
        uint256 enactableAt = block.timestamp + SIGNER_DELAY;
        _announcement = Announcement(keccak256(abi.encode(signers_, threshold)), enactableAt);
        emit SignersAnnounced(signers_, threshold, enactableAt);
    }

    /// @inheritdoc IMetricsOracle
    function enactSigners(address[] calldata signers_, uint256 threshold) external {
        Announcement memory announced = _announcement;
        if (keccak256(abi.encode(signers_, threshold)) != announced.signers) revert MetricsOracle_NotAnnounced();
        if (block.timestamp < announced.enactableAt) {
            revert MetricsOracle_TooEarly(announced.enactableAt, block.timestamp);
        }
        delete _announcement;
        payReporters();
        _setSigners(signers_, threshold);
    }

    /// @inheritdoc IMetricsOracle
    function removeSigner(address signer) external restricted {
        (address[] memory present, uint256 threshold) = signers();
        if (present.length == threshold) revert MetricsOracle_TooFewSigners(present.length, threshold);
        address[] memory left = new address[](present.length - 1);
        uint256 kept;
        for (uint256 i; i < present.length; ++i) {
            if (present[i] == signer) continue;
            if (kept == left.length) revert MetricsOracle_NoSigner(signer);
            left[kept++] = present[i];
        }
        // What was announced may name the signer too.
        delete _announcement;
        payReporters();
        _setSigners(left, threshold);
        emit SignerRemoved(signer);
    }

    /// @inheritdoc IMetricsOracle
    function payReporters() public returns (uint256 each) {
        (address[] memory reporters,) = signers();
        each = _vault.claimOf(_cash, address(this)) / reporters.length;
        if (each == 0) return 0;
        uint256[] memory amounts = new uint256[](reporters.length);
        for (uint256 i; i < amounts.length; ++i) {
            amounts[i] = each;
        }
        _vault.moveBatch(_cash, reporters, amounts);
        emit ReportersPaid(each, reporters.length);
    }

    /// @inheritdoc IMetricsOracle
    function signers() public view returns (address[] memory addresses, uint256 threshold) {
        SignerSet memory set = _signerSet;
        bytes memory packed = SSTORE2.read(set.pointer);
        addresses = new address[](set.count);
        for (uint256 i; i < addresses.length; ++i) {
            addresses[i] = _signerAt(packed, i);
        }
        threshold = set.threshold;
    }

    /// @inheritdoc IMetricsOracle
    function announcement() external view returns (bytes32 hash, uint256 enactableAt) {
        return (_announcement.signers, _announcement.enactableAt);
    }

    /// @inheritdoc IMetricsOracle
    function requireQuorum(bytes32 digest, Signature[] calldata signatures) public view returns (uint256 bitmap) {
        SignerSet memory set = _signerSet;
        return _require(digest, signatures, set, set.threshold);
    }

    /// @inheritdoc IMetricsOracle
    function requireSupermajority(bytes32 digest, Signature[] calldata signatures)
        external
        view
        returns (uint256 bitmap)
    {
        SignerSet memory set = _signerSet;
        uint256 needed = uint256(set.count) - 1;
        return _require(digest, signatures, set, needed < set.threshold ? set.threshold : needed);
    }

    /// @inheritdoc IMetricsOracle
    function measurementDigest(Measurement calldata measurement) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(MEASUREMENT_TYPEHASH, measurement)));
    }

    /// @inheritdoc IMetricsOracle
    function proves(
        bytes32 evidence,
        address reporter,
        Measurement calldata measurement,
        bytes32[] calldata path,
        bytes calldata raw,
        bytes32[] calldata rawPath
    ) external view returns (bool) {
        bytes32 leaf = keccak256(abi.encode(keccak256(abi.encode(reporter, measurementDigest(measurement)))));
        return MerkleProof.verifyCalldata(path, evidence, leaf)
            && MerkleProof.verifyCalldata(rawPath, measurement.root, keccak256(abi.encode(keccak256(raw))));
    }

    /// @inheritdoc IMetricsOracle
    function reportDigest(uint256[] calldata samples, bytes32 evidence) public view returns (bytes32) {
        bytes32 list = keccak256(abi.encodePacked(samples));
        return _hashTypedDataV4(keccak256(abi.encode(REPORT_TYPEHASH, list, evidence)));
    }

    /// @inheritdoc IMetricsOracle
    function recordOf(uint256 clusterId, uint256 hour) external view returns (Record memory) {
        uint256 record = _stored(clusterId, hour);
        if (record == 0) return Record(false, false, false, 0, 0, 0, 0, 0, 0);
        uint256 finalAt = record.finalAt();
        return Record({
            reported: true,
            isContested: finalAt == CONTESTED,
            isFinal: _registry.clock() >= finalAt,
            finalAt: finalAt,
            working: record.working(),
            available: record.available(),
            measured: record.measured(),
            energy: record.energy(),
            work: record.work()
        });
    }

    /// @inheritdoc IMetricsOracle
    function finalAvailable(uint256 clusterId, uint256 hour) external view returns (bool isFinal, uint256 available) {
        uint256 record = _stored(clusterId, hour);
        if (record == 0) return (_isAncient(hour), 0);
        isFinal = _registry.clock() >= record.finalAt();
        if (isFinal) available = record.available();
    }

    /// Store one sample, or say why not.
    function _record(uint256 sample, uint256 finalAt, Genesis memory known) private returns (bool) {
        uint256 clusterId = sample.cluster();
        uint256 hour = sample.hour();
        uint256 place = hour % RING;
        uint256 present = _ring[clusterId][place];
        Skip reason;
        // Where the ring holds an hour of two years ago, the cluster was there then: its genesis need not be read.
        uint256 genesis = 1;
        if (present == 0) {
            if (known.clusterId != clusterId) {
                known.clusterId = clusterId;
                known.hour = _registry.genesisOf(clusterId);
            }
            genesis = known.hour;
        }
        if (genesis == 0) {
            reason = Skip.UnknownCluster;
        } else if (hour < genesis) {
            reason = Skip.BeforeGenesis;
        } else if ((hour + 1) * HOUR > block.timestamp) {
            reason = Skip.Unfinished;
        } else if (_isAncient(hour)) {
            reason = Skip.Ancient;
        } else if (present != 0 && present.hour() == hour) {
            reason = Skip.Reported;
        } else if (_isMalformed(sample)) {
            reason = Skip.Malformed;
        } else {
            _ring[clusterId][place] = sample.toRecord(finalAt);
            return true;
        }
        emit SampleSkipped(clusterId, hour, reason);
        return false;
    }

    function _isMalformed(uint256 sample) private pure returns (bool) {
        return sample.available() > sample.working() || sample.measured() > Q;
    }

    /// Revert unless exactly `needed` signers of the set signed, in ascending order.
    function _require(bytes32 digest, Signature[] calldata signatures, SignerSet memory set, uint256 needed)
        private
        view
        returns (uint256 bitmap)
    {
        if (signatures.length != needed) revert MetricsOracle_SignatureCount(needed, signatures.length);
        bytes memory packed = SSTORE2.read(set.pointer);
        uint256 count = set.count;
        uint256 position;
        address last;
        for (uint256 i; i < needed; ++i) {
            Signature calldata signature = signatures[i];
            address signer = ECDSA.tryRecover(digest, signature.r, signature.vs);
            if (signer == address(0) || uint256(signature.vs) << 1 > MAX_S << 1) {
                revert MetricsOracle_InvalidSignature(i);
            }
            if (signer == last) revert MetricsOracle_RepeatedSigner(i, signer);
            // Both lists ascend, so one pass over the set finds every signer.
            uint256 found = signer < last ? 0 : position;
            while (found < count && _signerAt(packed, found) != signer) {
                unchecked {
                    ++found;
                }
            }
            if (found == count) revert MetricsOracle_UnknownSigner(i, signer);
            if (signer < last) revert MetricsOracle_SignerOrder(i, signer);
            bitmap |= 1 << found;
            position = found + 1;
            last = signer;
        }
    }

    function _setSigners(address[] memory addresses, uint256 threshold) private {
        bytes memory packed = _requireValid(addresses, threshold);
        _signerSet = SignerSet(SSTORE2.write(packed), uint8(threshold), uint8(addresses.length));
        emit SignersSet(addresses, threshold);
    }

    /// The set packed, 20 bytes an address; reverts where it can not be one.
    function _requireValid(address[] memory addresses, uint256 threshold) private pure returns (bytes memory packed) {
        uint256 count = addresses.length;
        bool valid = count != 0 && count <= MAX_SIGNERS && threshold <= count && threshold * 2 > count;
        address last;
        for (uint256 i; valid && i < count; ++i) {
            valid = addresses[i] > last;
            last = addresses[i];
            packed = abi.encodePacked(packed, last);
        }
        if (!valid) revert MetricsOracle_InvalidSigners(count, threshold);
    }

    /// The stored word of an hour; 0 when the ring holds none, or another hour.
    function _stored(uint256 clusterId, uint256 hour) private view returns (uint256 record) {
        record = _ring[clusterId][hour % RING];
        if (record.hour() != hour) record = 0;
    }

    function _isAncient(uint256 hour) private view returns (bool) {
        uint256 currentHour = block.timestamp / HOUR;
        return hour < currentHour && currentHour - hour >= RING;
    }

    function _signerAt(bytes memory packed, uint256 index) private pure returns (address signer) {
        assembly ("memory-safe") {
            signer := shr(96, mload(add(add(packed, 32), mul(index, 20))))
        }
    }
}
