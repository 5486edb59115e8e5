using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace WireGuard.Engine.Device;

/// <summary>
/// Cryptokey routing (whitepaper, section 2): which peer owns an address, by longest prefix. A path-compressed binary
/// trie per family, and, once it is settled, ranges made from it that are faster to look up. Lookups take no lock and allocate nothing, from
/// any thread; changes are serialised by a lock and become visible one pointer at a time, so that a reader always sees a whole table.
/// </summary>
internal sealed class AllowedIPs<TOwner>
    where TOwner : class
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TOwner, HashSet<Node>> _byOwner = [];
    private readonly Node _root4 = new(default, 0, isIPv4: true);
    private readonly Node _root6 = new(default, 0, isIPv4: false);

    // Null from a change on until the table is settled again.
    private AddressRanges<TOwner>? _ranges4;
    private AddressRanges<TOwner>? _ranges6;

    internal AllowedIPs() => (_ranges4, _ranges6) = (RangesOf(_root4), RangesOf(_root6));

    /// <summary>Owner of an IPv4 address given as its four bytes in network order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal TOwner? Find4(uint addressBigEndian) => Find(Volatile.Read(ref _ranges4), _root4, new AddressBits((ulong)addressBigEndian << 32, 0));

    /// <summary>Owner of an IPv6 address given as its two halves in network order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal TOwner? Find6(ulong highBigEndian, ulong lowBigEndian) => Find(Volatile.Read(ref _ranges6), _root6, new AddressBits(highBigEndian, lowBigEndian));

    /// <summary>As the other two, from an address object; for the control path.</summary>
    internal TOwner? Find(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork
        ? Find(Volatile.Read(ref _ranges4), _root4, AddressBits.From(address))
        : Find(Volatile.Read(ref _ranges6), _root6, AddressBits.From(address));

    /// <summary>Lookups go to ranges; false from a change on.</summary>
    internal bool IsSettled => Volatile.Read(ref _ranges4) is not null && Volatile.Read(ref _ranges6) is not null;

    /// <summary>How often ranges were made; for tests.</summary>
    internal int Settlings { get; private set; }

    /// <summary>Makes lookups fast again after changes, in a time that grows with the table.</summary>
    internal void Settle()
    {
        lock (_lock)
        {
            if (IsSettled)
                return;
            Settlings++;
            Volatile.Write(ref _ranges4, _ranges4 ?? RangesOf(_root4));
            Volatile.Write(ref _ranges6, _ranges6 ?? RangesOf(_root6));
        }
    }

    /// <summary>Who has this prefix itself; null: nobody.</summary>
    internal TOwner? OwnerOf(IPNetwork prefix)
    {
        lock (_lock)
            return NodeOf(prefix)?.Owner;
    }

    /// <summary>Gives the prefix to the owner, taking it from any other. Returns who had it.</summary>
    internal TOwner? Set(IPNetwork prefix, TOwner owner)
    {
        lock (_lock)
        {
            var node = Insert(Root(prefix.BaseAddress.AddressFamily), AddressBits.From(prefix.BaseAddress), prefix.PrefixLength);
            var before = node.Owner;
            if (ReferenceEquals(before, owner))
                return before;
            Unsettle(node);
            if (before is not null)
                Forget(before, node);
            if (!_byOwner.TryGetValue(owner, out var nodes))
                _byOwner[owner] = nodes = [];
            nodes.Add(node);
            Volatile.Write(ref node.Owner, owner);
            return before;
        }
    }

    /// <summary>Takes the prefix from the owner; false when it is not its own.</summary>
    internal bool Remove(IPNetwork prefix, TOwner owner)
    {
        lock (_lock)
        {
            if (NodeOf(prefix) is not { } node || !ReferenceEquals(node.Owner, owner))
                return false;
            Forget(owner, node);
            Unsettle(node);
            Clear(node);
            return true;
        }
    }

    /// <summary>Takes everything from the owner.</summary>
    internal void RemoveAll(TOwner owner)
    {
        lock (_lock)
        {
            if (!_byOwner.Remove(owner, out var nodes))
                return;
            foreach (var node in nodes)
            {
                Unsettle(node);
                Clear(node);
            }
        }
    }

    /// <summary>The owner's prefixes, IPv4 first, by address then length.</summary>
    internal IReadOnlyList<IPNetwork> Of(TOwner owner)
    {
        lock (_lock)
        {
            if (!_byOwner.TryGetValue(owner, out var nodes))
                return [];
            var sorted = new List<Node>(nodes);
            sorted.Sort(static (a, b) => a.CompareTo(b));
            return sorted.ConvertAll(static n => n.ToNetwork());
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TOwner? Find(AddressRanges<TOwner>? ranges, Node root, AddressBits bits) => ranges is not null ? ranges.Find(bits) : Find(root, bits);

    private static TOwner? Find(Node root, AddressBits bits)
    {
        TOwner? found = null;
        var node = root;
        while (node is not null && node.Matches(bits))
        {
            found = Volatile.Read(ref node.Owner) ?? found;
            if (node.Length == 128)
                break;
            node = node.Child(bits.Bit(node.Length));
        }

        return found;
    }

    private Node Root(AddressFamily family) => family == AddressFamily.InterNetwork ? _root4 : _root6;

    private Node? NodeOf(IPNetwork prefix)
    {
        var bits = AddressBits.From(prefix.BaseAddress);
        var node = Root(prefix.BaseAddress.AddressFamily);
        while (node is not null && node.Length <= prefix.PrefixLength && node.Matches(bits))
        {
            if (node.Length == prefix.PrefixLength)
                return node;
            node = node.Child(bits.Bit(node.Length));
        }

        return null;
    }

    private Node Insert(Node root, AddressBits bits, int length)
    {
        var parent = root;
        while (true)
        {
            if (parent.Length == length)
                return parent;
            var side = bits.Bit(parent.Length);
            var child = parent.Child(side);
            if (child is null)
                return parent.Attach(side, new Node(bits, length, root.IsIPv4));

            var common = Math.Min(bits.CommonPrefix(child.Bits), Math.Min(length, child.Length));
            if (common == child.Length)
            {
                parent = child;
                continue;
            }

            // The new prefix leaves the path above the child: a node takes the child's place and carries both.
            var fork = new Node(bits, common, child.IsIPv4);
            fork.Attach(child.Bits.Bit(common), child);
            var added = common == length ? fork : fork.Attach(bits.Bit(common), new Node(bits, length, child.IsIPv4));
            parent.Attach(side, fork);
            return added;
        }
    }

    private static AddressRanges<TOwner> RangesOf(Node root)
    {
        var builder = new AddressRanges<TOwner>.Builder();
        Add(builder, root, null);
        return builder.Build();
    }

    private static void Add(AddressRanges<TOwner>.Builder builder, Node node, TOwner? around)
    {
        var owner = node.Owner ?? around;
        builder.Begin(node.Bits, owner);
        for (var side = 0; side < 2; side++)
            if (node.Child(side) is { } child)
                Add(builder, child, owner);
        if (node.Bits.AfterPrefix(node.Length) is { } next)
            builder.Begin(next, around);
    }

    // Readers go to the trie before it changes.
    private void Unsettle(Node node) => Volatile.Write(ref node.IsIPv4 ? ref _ranges4 : ref _ranges6, null);

    private void Forget(TOwner owner, Node node)
    {
        if (_byOwner.TryGetValue(owner, out var nodes) && nodes.Remove(node) && nodes.Count == 0)
            _byOwner.Remove(owner);
    }

    // Takes the owner off and splices out what no longer branches.
    private static void Clear(Node node)
    {
        Volatile.Write(ref node.Owner, null);
        while (node.Parent is { } parent && node.Owner is null && (node.Child(0) is null || node.Child(1) is null))
        {
            var only = node.Child(0) ?? node.Child(1);
            var side = ReferenceEquals(parent.Child(0), node) ? 0 : 1;
            if (only is not null)
            {
                parent.Attach(side, only);
                return;
            }

            parent.Detach(side);
            node = parent;
        }
    }

    private sealed class Node : IComparable<Node>
    {
        private readonly ulong _highMask;
        private readonly ulong _lowMask;
        private Node? _zero;
        private Node? _one;
        internal TOwner? Owner;

        internal Node(AddressBits bits, int length, bool isIPv4)
        {
            Bits = bits.Masked(length);
            Length = length;
            IsIPv4 = isIPv4;
            _highMask = AddressBits.HighMask(length);
            _lowMask = AddressBits.LowMask(length);
        }

        internal AddressBits Bits { get; }

        internal int Length { get; }

        internal bool IsIPv4 { get; }

        internal Node? Parent { get; private set; }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal bool Matches(AddressBits bits) =>
            (((bits.High ^ Bits.High) & _highMask) | ((bits.Low ^ Bits.Low) & _lowMask)) == 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal Node? Child(int side) => side == 0 ? Volatile.Read(ref _zero) : Volatile.Read(ref _one);

        internal Node Attach(int side, Node child)
        {
            child.Parent = this;
            Volatile.Write(ref side == 0 ? ref _zero : ref _one, child);
            return child;
        }

        internal void Detach(int side) => Volatile.Write(ref side == 0 ? ref _zero : ref _one, null);

        internal IPNetwork ToNetwork()
        {
            Span<byte> bytes = stackalloc byte[16];
            BinaryPrimitives.WriteUInt64BigEndian(bytes, Bits.High);
            BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Bits.Low);
            return new IPNetwork(new IPAddress(IsIPv4 ? bytes[..4] : bytes), Length);
        }

        public int CompareTo(Node? other)
        {
            if (other is null)
                return 1;
            if (IsIPv4 != other.IsIPv4)
                return IsIPv4 ? -1 : 1;
            var high = Bits.High.CompareTo(other.Bits.High);
            if (high != 0)
                return high;
            var low = Bits.Low.CompareTo(other.Bits.Low);
            return low != 0 ? low : Length.CompareTo(other.Length);
        }
    }
}
