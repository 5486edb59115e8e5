using System.Numerics;
using System.Runtime.CompilerServices;

namespace WireGuard.Engine.Device;

/// <summary>
/// Who owns an address, as ranges in the order of addresses, with a table in front that leads to the right few of them. Made once
/// and never changed. All of it is three arrays, so that a look-up among thousands of prefixes comes by with two or three lines
/// of memory, where a trie follows a pointer for each bit.
/// </summary>
internal sealed class AddressRanges<TOwner>
    where TOwner : class
{
    /// <summary>Ranges that are looked through one after the other.</summary>
    private const int FewRanges = 4;

    private const int MostTableBits = 16;

    private readonly Range[] _ranges;
    private readonly Branch[] _branches;
    private readonly int[] _places;

    private AddressRanges(Range[] ranges, Branch[] branches, int[] places)
    {
        _ranges = ranges;
        _branches = branches;
        _places = places;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal TOwner? Find(AddressBits address)
    {
        var ranges = _ranges;
        var at = _branches.Length > 0 ? PlaceOf(address) : 0;
        while (at + 1 < ranges.Length && !address.IsBefore(ranges[at + 1].First))
            at++;
        return ranges[at].Owner;
    }

    /// <summary>A range that the address is in, or a few ranges before it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int PlaceOf(AddressBits address)
    {
        var number = 0;
        while (true)
        {
            ref readonly var branch = ref _branches[number];
            if ((((address.High ^ branch.Common.High) & branch.HighMask) | ((address.Low ^ branch.Common.Low) & branch.LowMask)) != 0)
                return address.IsBefore(branch.Common) ? branch.FirstRange - 1 : branch.LastRange;
            var place = _places[branch.FirstPlace + address.Field(branch.Start, branch.Bits)];
            if (place >= 0)
                return place;
            number = ~place;
        }
    }

    /// <summary>Takes ranges as they begin, in order; each ends where the next begins.</summary>
    internal sealed class Builder
    {
        private readonly List<Range> _ranges = [new(default, null)];
        private readonly List<Branch> _branches = [];
        private readonly List<int> _places = [];

        /// <summary>From this address on; told again for the same address, the last word counts.</summary>
        internal void Begin(AddressBits first, TOwner? owner)
        {
            if (_ranges[^1].First == first)
                _ranges.RemoveAt(_ranges.Count - 1);
            if (_ranges.Count == 0 || !ReferenceEquals(_ranges[^1].Owner, owner))
                _ranges.Add(new(first, owner));
        }

        internal AddressRanges<TOwner> Build()
        {
            // The first range begins at address 0.
            if (_ranges.Count > FewRanges + 1)
                AddBranch(1, _ranges.Count - 1);
            return new([.. _ranges], [.. _branches], [.. _places]);
        }

        private int AddBranch(int first, int last)
        {
            var start = Math.Min(_ranges[first].First.CommonPrefix(_ranges[last].First), 127);
            var bits = Math.Min(Math.Min(BitOperations.Log2((uint)(last - first + 1)) + 2, MostTableBits), 128 - start);
            var number = _branches.Count;
            var firstPlace = _places.Count;
            _branches.Add(new Branch(_ranges[first].First, start, bits, firstPlace, first, last));
            _places.AddRange(new int[1 << bits]);
            var range = first;
            for (var value = 0; value < 1 << bits; value++)
            {
                var begin = range;
                while (range <= last && _ranges[range].First.Field(start, bits) == value)
                    range++;
                // The range before may reach in here.
                _places[firstPlace + value] = range - begin <= FewRanges ? begin - 1 : ~AddBranch(begin, range - 1);
            }

            return number;
        }
    }

    private readonly record struct Range(AddressBits First, TOwner? Owner);

    /// <summary>Ranges whose beginnings share their first bits, and a place in the table for each value of some bits behind.</summary>
    private readonly struct Branch(AddressBits any, int start, int bits, int firstPlace, int firstRange, int lastRange)
    {
        internal readonly AddressBits Common = any.Masked(start);
        internal readonly ulong HighMask = AddressBits.HighMask(start);
        internal readonly ulong LowMask = AddressBits.LowMask(start);
        internal readonly int Start = start;
        internal readonly int Bits = bits;
        internal readonly int FirstPlace = firstPlace;
        internal readonly int FirstRange = firstRange;
        internal readonly int LastRange = lastRange;
    }
}
