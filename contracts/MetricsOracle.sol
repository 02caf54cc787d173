// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SSTORE2} from "solady/utils/SSTORE2.sol";
import {ICapacityRegistry} from "./interfaces/ICapacityRegistry.sol";
import {IMetricsOracle} from "./interfaces/IMetricsOracle.sol";
import {IVault} from "./interfaces/IVault.sol";
import {Samples} from "./libraries/Samples.sol";

/// @title MetricsOracle
/// @notice Trust: `threshold` colluding reporters can record anything; fewer can record nothing. The authority names
/// the reporters. Anyone may carry a batch to the chain, and can only hold it back, not change it. Liveness: needs
/// `threshold` reporters and one relay. An hour that nobody reports waits, and after seven days on the market clock
/// anyone may close it as zero; a pause stops that clock.
contract MetricsOracle is IMetricsOracle, AccessManaged, EIP712 {
    using Samples for uint256;

    /// The signer set lives in the code of `pointer`, 20 bytes an address, so that a batch reads it in one access.
    struct SignerSet {
        address pointer;
        uint8 threshold;
        uint8 count;
    }

    /// @inheritdoc IMetricsOracle
    uint256 public constant RING = 17_520;
    /// @inheritdoc IMetricsOracle
    uint256 public constant SILENCE = 7 days;
    uint256 private constant MAX_SIGNERS = 32;
    uint256 private constant Q = 1e6;
    uint256 private constant HOUR = 3600;
    bytes32 private constant REPORT_TYPEHASH = keccak256("Report(uint256[] samples,bytes32 evidence)");

    /// @inheritdoc IMetricsOracle
    uint256 public immutable finality;
    ICapacityRegistry private immutable _registry;
    IVault private immutable _vault;
    address private immutable _cash;

    SignerSet private _signerSet;
    mapping(uint256 clusterId => mapping(uint256 slot => uint256 record)) private _ring;

    constructor(
        address authority,
        ICapacityRegistry registry,
        IVault vault,
        address cash,
        uint256 finality_,
        address[] memory signers_,
        uint256 threshold
    ) AccessManaged(authority) EIP712("Wellhead MetricsOracle", "1") {
        if (finality_ < HOUR || finality_ > 30 days) revert MetricsOracle_InvalidFinality(finality_);
        _registry = registry;
        _vault = vault;
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

        uint256 clusterId;
        uint256 genesis;
        for (uint256 i; i < samples.length; ++i) {
            uint256 sample = samples[i];
            if (i == 0 || sample.cluster() != clusterId) {
                clusterId = sample.cluster();
                genesis = _registry.genesisOf(clusterId);
            }
            if (_record(sample, finalAt, genesis)) ++recorded;
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
    function setSigners(address[] calldata signers_, uint256 threshold) external restricted {
        payReporters();
        _setSigners(signers_, threshold);
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
    function requireQuorum(bytes32 digest, Signature[] calldata signatures) public view returns (uint256 bitmap) {
        SignerSet memory set = _signerSet;
        if (signatures.length != set.threshold) revert MetricsOracle_SignatureCount(set.threshold, signatures.length);
        bytes memory packed = SSTORE2.read(set.pointer);
        uint256 position;
        address last;
        for (uint256 i; i < signatures.length; ++i) {
            (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecover(digest, signatures[i].r, signatures[i].vs);
            if (failure != ECDSA.RecoverError.NoError) revert MetricsOracle_InvalidSignature(i);
            if (signer == last) revert MetricsOracle_RepeatedSigner(i, signer);
            // Both lists ascend, so one pass over the set finds every signer.
            uint256 from = signer < last ? 0 : position;
            uint256 found = from;
            while (found < set.count && _signerAt(packed, found) != signer) ++found;
            if (found == set.count) revert MetricsOracle_UnknownSigner(i, signer);
            if (signer < last) revert MetricsOracle_SignerOrder(i, signer);
            bitmap |= 1 << found;
            position = found + 1;
            last = signer;
        }
    }

    /// @inheritdoc IMetricsOracle
    function reportDigest(uint256[] calldata samples, bytes32 evidence) public view returns (bytes32) {
        bytes32 list = keccak256(abi.encodePacked(samples));
        return _hashTypedDataV4(keccak256(abi.encode(REPORT_TYPEHASH, list, evidence)));
    }

    /// @inheritdoc IMetricsOracle
    function recordOf(uint256 clusterId, uint256 hour) external view returns (Record memory) {
        uint256 record = _stored(clusterId, hour);
        if (record == 0) return Record(false, false, 0, 0, 0, 0, 0, 0);
        uint256 finalAt = record.finalAt();
        return Record({
            reported: true,
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
    function _record(uint256 sample, uint256 finalAt, uint256 genesis) private returns (bool) {
        uint256 clusterId = sample.cluster();
        uint256 hour = sample.hour();
        Skip reason;
        if (genesis == 0) {
            reason = Skip.UnknownCluster;
        } else if (hour < genesis) {
            reason = Skip.BeforeGenesis;
        } else if ((hour + 1) * HOUR > block.timestamp) {
            reason = Skip.Unfinished;
        } else if (_isAncient(hour)) {
            reason = Skip.Ancient;
        } else if (_stored(clusterId, hour) != 0) {
            reason = Skip.Reported;
        } else if (sample.available() > sample.working() || sample.measured() > Q) {
            reason = Skip.Malformed;
        } else {
            _ring[clusterId][hour % RING] = sample.toRecord(finalAt);
            return true;
        }
        emit SampleSkipped(clusterId, hour, reason);
        return false;
    }

    function _setSigners(address[] memory addresses, uint256 threshold) private {
        uint256 count = addresses.length;
        bool valid = count != 0 && count <= MAX_SIGNERS && threshold <= count && threshold * 2 > count;
        bytes memory packed;
        address last;
        for (uint256 i; valid && i < count; ++i) {
            valid = addresses[i] > last;
            last = addresses[i];
            packed = abi.encodePacked(packed, last);
        }
        if (!valid) revert MetricsOracle_InvalidSigners(count, threshold);
        _signerSet = SignerSet(SSTORE2.write(packed), uint8(threshold), uint8(count));
        emit SignersSet(addresses, threshold);
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
