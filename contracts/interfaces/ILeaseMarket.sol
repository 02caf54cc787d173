// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICashDesk} from "./ICashDesk.sol";
import {ILeaseBookings} from "./ILeaseBookings.sol";
import {ILeaseChanges} from "./ILeaseChanges.sol";
import {ILeaseRecords} from "./ILeaseRecords.sol";

/// @title LeaseMarket: quote, lease, extend, split, cancel, accrue, settle; bond and default.
/// @notice A lease is a number of units for whole hours [start, end), prepaid in the stablecoin, an ERC-721. An hour is
/// `unix time / 3600`; a lease that starts in the current hour pays that hour pro rata.
///
/// Units: a unit-hour is one unit for one hour. `Q` = 1e6 is an hour's whole rent. Rates are in 2^-32 stablecoin units
/// per hour. Ledgers are in 1 / (2^32 * Q) stablecoin units, exact; they are floored only when money is paid out, and
/// what the floor leaves stays in the ledger. So acting once late gives the same as acting often.
///
/// Price of n units of G attested over the hours h of a lease, each covered for s(h) of its 3,600 seconds:
///
///     gross = base * sum of s(h) / 3600 * (low * n + (high - low) / G * (n * booked(h) + n^2 / 2))
///     cost  = gross * (1 - d(S)),     d(S) = discount * min(S, discountHours * 3600) / (discountHours * 3600)
///
/// with S the sum of s(h), rounded up once, to the next stablecoin unit. `base` grows by exp(speed * (covered(h) / 3600
/// / G - target)) with every hour h that has elapsed, within the operator's floor and cap; covered(h) is the unit-
/// seconds booked in it, so units that come in its course count for what was left of it.
///
/// Parts: an extension is a booking of its own under the same token, at the price of its moment and with the discount
/// of its own hours. A lease is the sum of its parts.
///
/// Service of a final hour with b = covered(h) / 3600 units booked on average: a = min(1, available / b); the loss is 0 when a >= sla, else (Q +
/// penalty) * (sla - a) / sla, rounded down. Up to Q it is given back of the rent; beyond Q the bond pays, as far as it
/// goes, to all leases of the hour by their rent. With the sum of losses L over final hours:
///
///     refund = rate * (L(end) - L(start)),     earned in an hour = rate * max(0, Q - loss)
///
/// Cancelling sells hours back along the curve. With gross and cost as paid for a part, e = d(S), k = d(S kept), R the
/// smaller of the gross paid for these hours and of what the curve gives for them now, and R0 that of R and of what the
/// curve takes for these hours where nobody else has booked:
///
///     refund = (1 - e) * R * (1 - cancelFee) - (e - k) * (gross - R) - (discount - k) * (R - R0)
///
/// rounded down; the rest of their rent is earned at once. A part that was split in time or partly cancelled holds a
/// discount that was meant for more hours: where the terms have a discount, such a part can not be cancelled.
///
/// Default: after 72 hours in a row in which nothing was available, not counting pauses and hours that nobody booked,
/// anyone may declare it. All that is booked from the current hour on is void: its rent is due back in full, and with
/// it for every unit-hour `min(bond per unit, bond / peak booked) / horizonHours` out of the bond. A new era begins,
/// and with it an empty calendar. Where the terms ask for a bond, nobody books once 72 such hours have passed, until
/// then, or until `recover` notes that the cluster works again.
///
/// Moving a lease settles its final hours to the seller, as far as one `accrue` comes; later hours go with the lease.
///
/// Payment: out of the payer's claim in the vault first, the rest by allowance to the vault. `multicall` puts
/// `permitCash` (ERC-2612) or `authorizeCash` (ERC-3009) before what is to be paid, in one transaction.
///
/// Use (ERC-4907): the user of a lease stays until `expires`, whatever its owner does: the owner can not name another,
/// split off units or cancel hours before that, and a sale does not end it. The operator may suspend a tenant's use for
/// misuse: it gives notice, at least `NOTICE` seconds of the market clock ahead, then suspends, both on record; rent,
/// refunds and earnings go on as if nothing had happened. From the notice on, which does not lapse, the lease can not be
/// sold on the exchange, split or extended.
interface ILeaseMarket is ILeaseBookings, ILeaseChanges, ILeaseRecords, ICashDesk {}
