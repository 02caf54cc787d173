// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title CapacityCalendar: units booked per hour, with range-add, range-max and range-sum.
/// @notice Hours are `unix time / 3600`, ranges are [from, to). A tree over the hours: eight hours make a leaf, three
/// leaves a node of 24 hours, three of those 72, then 216 and 648; above that nodes stand in a row. A booking is
/// written where it covers a whole node and not below, so a range touches at most two slots a level, whatever its
/// length, and one for every 1,944 hours at the top.
///
/// Every node keeps the peak and the sum of its hours, without what is booked across its ancestors. What is booked
/// across the node itself is its peak less the highest peak among its children. Eight hours share a slot, 32 bits each;
/// three siblings share a slot, 32 bits of peak and 48 of sum each. The caller keeps every hour at or below 2^32 - 1
/// units, and only takes out ranges as they were added, whole or from some hour on: then no part is ever negative.
library CapacityCalendar {
    struct Calendar {
        /// By size of the node in hours and place among the slots of that size; single hours have size 1.
        mapping(uint256 size => mapping(uint256 slot => uint256)) slots;
    }

    /// A range and, for a change, the units in every hour of it, negative ones in two's complement.
    struct Range {
        uint256 from;
        uint256 to;
        uint256 units;
    }

    /// A range that becomes shorter: as it was, what is kept of it, and what goes.
    struct Cut {
        Range was;
        Range kept;
        Range gone;
    }

    /// Of the hours of a slot: those in the range, and the peak of all of them.
    struct Load {
        uint256 peak;
        uint256 sum;
        uint256 highest;
    }

    uint256 private constant LEAF = 8;
    uint256 private constant TOP = 648;
    uint256 private constant FAN = 3;
    uint256 private constant HOUR_BITS = 32;
    uint256 private constant NODE_BITS = 80;
    uint256 private constant SUM_BITS = 48;
    uint256 private constant UNITS_MASK = type(uint32).max;
    uint256 private constant SUM_MASK = type(uint48).max;
    /// One unit in each of the eight hours of a leaf.
    uint256 private constant ONES = 0x0000000100000001000000010000000100000001000000010000000100000001;

    /// @notice Book `units` more in every hour of [from, to).
    function add(Calendar storage self, uint256 from, uint256 to, uint256 units) internal {
        Range memory range = Range(from, to, units);
        unchecked {
            for (uint256 slot = from / (TOP * FAN); slot * TOP * FAN < to; ++slot) {
                _change(self, TOP, slot, range);
            }
        }
    }

    /// @notice Take out a range as it was added.
    function remove(Calendar storage self, uint256 from, uint256 to, uint256 units) internal {
        unchecked {
            add(self, from, to, 0 - units); // two's complement
        }
    }

    /// @notice Take the hours [to, end) out of the range [from, end), which was added: what is left is as if [from, to)
    /// had been.
    function cut(Calendar storage self, uint256 from, uint256 to, uint256 end, uint256 units) internal {
        unchecked {
            Cut memory range;
            (range.was, range.kept) = (Range(from, end, units), Range(from, to, units));
            range.gone = Range(to, end, 0 - units);
            for (uint256 slot = to / (TOP * FAN); slot * TOP * FAN < end; ++slot) {
                _cut(self, TOP, slot, range);
            }
        }
    }

    /// @notice Units booked in one hour.
    function at(Calendar storage self, uint256 hour) internal view returns (uint256 units) {
        unchecked {
            (units,) = load(self, hour, hour + 1); // nothing in the last hour of all
        }
    }

    /// @notice Most units booked in any hour of [from, to), and their sum over its hours; 0 for an empty range.
    function load(Calendar storage self, uint256 from, uint256 to)
        internal
        view
        returns (uint256 units, uint256 unitHours)
    {
        Range memory range = Range(from, to, 0);
        if (from >= to) return (0, 0);
        unchecked {
            for (uint256 slot = from / (TOP * FAN); slot * TOP * FAN < to; ++slot) {
                Load memory part = _load(self, TOP, slot, range);
                if (part.peak > units) units = part.peak;
                unitHours += part.sum;
            }
        }
    }

    /// Change three sibling nodes of `size` hours; returns how much their highest peak grew, modulo 2^256.
    function _change(Calendar storage self, uint256 size, uint256 slot, Range memory range)
        private
        returns (uint256 growth)
    {
        unchecked {
            uint256 word = self.slots[size][slot];
            uint256 before = _highest(word);
            for (uint256 lane; lane < FAN; ++lane) {
                uint256 node = slot * FAN + lane;
                uint256 covered = _overlap(range, node * size, size);
                if (covered == 0) continue;
                uint256 raised = range.units;
                if (covered < size) {
                    raised = size == LEAF ? _changeHours(self, node, range) : _change(self, size / FAN, node, range);
                }
                // Both parts change within their own bits, so that borrows and carries cancel out.
                word += ((raised << SUM_BITS) + range.units * covered) << (lane * NODE_BITS);
            }
            self.slots[size][slot] = word;
            return _highest(word) - before;
        }
    }

    /// Shorten a range in three sibling nodes of `size` hours, none of whose ancestors it covers whole; returns how
    /// much their highest peak grew, modulo 2^256.
    function _cut(Calendar storage self, uint256 size, uint256 slot, Cut memory range)
        private
        returns (uint256 growth)
    {
        unchecked {
            uint256 word = self.slots[size][slot];
            uint256 before = _highest(word);
            for (uint256 lane; lane < FAN; ++lane) {
                uint256 node = slot * FAN + lane;
                uint256 was = _overlap(range.was, node * size, size);
                uint256 kept = _overlap(range.kept, node * size, size);
                if (was == kept) continue;
                uint256 raised;
                if (was == size) {
                    // It was written here; what is kept of it goes below.
                    if (kept != 0) {
                        raised = size == LEAF
                            ? _changeHours(self, node, range.kept)
                            : _change(self, size / FAN, node, range.kept);
                    }
                    raised -= range.was.units;
                } else {
                    raised = size == LEAF
                        ? _changeHours(self, node, range.gone)
                        : _cut(self, size / FAN, node, range);
                }
                word += ((raised << SUM_BITS) + (kept - was) * range.was.units) << (lane * NODE_BITS);
            }
            self.slots[size][slot] = word;
            return _highest(word) - before;
        }
    }

    /// Change the hours of a leaf; returns how much their peak grew, modulo 2^256.
    function _changeHours(Calendar storage self, uint256 leaf, Range memory range) private returns (uint256) {
        unchecked {
            uint256 word = self.slots[1][leaf];
            uint256 changed = word + (ONES & _mask(range, leaf)) * range.units;
            self.slots[1][leaf] = changed;
            (uint256 before,) = _hours(word);
            (uint256 afterwards,) = _hours(changed);
            return afterwards - before;
        }
    }

    function _load(Calendar storage self, uint256 size, uint256 slot, Range memory range)
        private
        view
        returns (Load memory result)
    {
        unchecked {
            uint256 word = self.slots[size][slot];
            result.highest = _highest(word);
            for (uint256 lane; lane < FAN; ++lane) {
                uint256 node = slot * FAN + lane;
                uint256 covered = _overlap(range, node * size, size);
                if (covered == 0) continue;
                uint256 part = word >> (lane * NODE_BITS);
                uint256 most = (part >> SUM_BITS) & UNITS_MASK;
                uint256 total = part & SUM_MASK;
                if (covered < size) {
                    Load memory below =
                        size == LEAF ? _loadHours(self, node, range) : _load(self, size / FAN, node, range);
                    uint256 across = most - below.highest;
                    most = across + below.peak;
                    total = across * covered + below.sum;
                }
                if (most > result.peak) result.peak = most;
                result.sum += total;
            }
        }
    }

    function _loadHours(Calendar storage self, uint256 leaf, Range memory range)
        private
        view
        returns (Load memory result)
    {
        uint256 word = self.slots[1][leaf];
        (result.highest,) = _hours(word);
        (result.peak, result.sum) = _hours(word & _mask(range, leaf));
    }

    /// The highest of the three peaks in a slot.
    function _highest(uint256 word) private pure returns (uint256 most) {
        unchecked {
            most = (word >> SUM_BITS) & UNITS_MASK;
            uint256 other = (word >> (NODE_BITS + SUM_BITS)) & UNITS_MASK;
            if (other > most) most = other;
            other = (word >> (2 * NODE_BITS + SUM_BITS)) & UNITS_MASK;
            if (other > most) most = other;
        }
    }

    /// Peak and sum of eight hours.
    function _hours(uint256 word) private pure returns (uint256 most, uint256 total) {
        unchecked {
            for (; word != 0; word >>= HOUR_BITS) {
                uint256 units = word & UNITS_MASK;
                if (units > most) most = units;
                total += units;
            }
        }
    }

    /// The bits of the hours of a leaf that lie in the range, which meets it.
    function _mask(Range memory range, uint256 leaf) private pure returns (uint256 mask) {
        unchecked {
            uint256 first = leaf * LEAF;
            mask = type(uint256).max;
            if (range.from > first) mask <<= (range.from - first) * HOUR_BITS;
            if (range.to < first + LEAF) mask &= type(uint256).max >> ((first + LEAF - range.to) * HOUR_BITS);
        }
    }

    /// Hours of [first, first + size) that lie in the range.
    function _overlap(Range memory range, uint256 first, uint256 size) private pure returns (uint256) {
        unchecked {
            uint256 from = range.from > first ? range.from : first;
            uint256 to = range.to < first + size ? range.to : first + size;
            return from < to ? to - from : 0;
        }
    }
}
