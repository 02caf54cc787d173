// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";

/// @title Authority: who may do what, with which delay.
/// @notice OpenZeppelin's AccessManager as it is. Operators register clusters, guardians pause, the governor (its
/// admin) names both and sets the reporters.
///
/// Trust: the governor can name reporters, so it can in time decide what is measured; make it a multisig, and give its
/// admin role an execution delay: a delay of one function alone binds nobody who can reassign the function at once. It
/// can not reach a coin, a claim, a lease or a cluster's terms.
contract Authority is AccessManager {
    constructor(address governor) AccessManager(governor) {}
}
