// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

interface Hevm {
    function warp(uint256 timestamp) external;
}

/// The time of the block, which Halmos sets as Foundry does.
library Time {
    Hevm private constant HEVM = Hevm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    function warp(uint256 timestamp) internal {
        HEVM.warp(timestamp);
    }
}
