using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace WireGuard.Engine.Enrollment;

/// <summary>
/// Which addresses of one prefix are taken. The lowest free one is found without looking at all: nothing below
/// <c>_lowest</c> is free.
/// </summary>
internal sealed class PoolRange
{
    private readonly HashSet<UInt128> _taken = [];
    private readonly UInt128 _first;
    private readonly UInt128 _last;
    private UInt128 _lowest;

    /// <exception cref="ArgumentException">There is no room for a server and a client.</exception>
    internal PoolRange(IPNetwork prefix)
    {
        Prefix = prefix;
        var bits = IsV4 ? 32 : 128;
        var hostBits = bits - prefix.PrefixLength;
        if (hostBits < 1)
            throw new ArgumentException($"{prefix} has one address; a pool needs one for the server and one for each client.");
        var network = ToNumber(prefix.BaseAddress);
        var last = network | (hostBits == 128 ? UInt128.MaxValue : (UInt128.One << hostBits) - 1);
        // Of two addresses both are hosts (RFC 3021, RFC 6164); else the lowest is the network, or anycast to routers
        // (RFC 4291, section 2.6.1), and in IPv4 the highest a broadcast.
        var isPair = hostBits == 1;
        _first = isPair ? network : network + 1;
        _last = isPair || !IsV4 ? last : last - 1;
        _lowest = _first;
        Server = ToAddress(_first);
        _ = TryClaim(Server);
    }

    internal IPNetwork Prefix { get; }

    /// <summary>The lowest of all, taken from the beginning.</summary>
    internal IPAddress Server { get; }

    internal int Taken => _taken.Count;

    /// <summary>Addresses that are left.</summary>
    internal UInt128 Free => _last - _first + 1 - (UInt128)_taken.Count;

    private bool IsV4 => Prefix.BaseAddress.AddressFamily == AddressFamily.InterNetwork;

    /// <summary>Takes the lowest free address; null when there is none.</summary>
    /// <param name="others">Of these that lie within, none.</param>
    internal IPAddress? TryTake(IReadOnlyList<IPNetwork> others)
    {
        while (_taken.Contains(_lowest))
        {
            if (_lowest >= _last)
                return null;
            _lowest++;
        }

        var blocks = others.Where(HasWithin).Select(Bounds).OrderBy(block => block.First).ToArray();
        var next = 0;
        var number = _lowest;
        while (true)
        {
            while (next < blocks.Length && blocks[next].Last < number)
                next++;
            var isOthers = next < blocks.Length && blocks[next].First <= number;
            if (!isOthers && _taken.Add(number))
                return ToAddress(number);
            var end = isOthers ? blocks[next].Last : number;
            if (end >= _last)
                return null;
            number = end + 1;
        }
    }

    /// <summary>Whether a prefix is of this one, and not all of it.</summary>
    internal bool HasWithin(IPNetwork other) => other.PrefixLength > Prefix.PrefixLength && Prefix.Contains(other.BaseAddress);

    /// <summary>Takes this address; false when it is taken, or none that a host could have here.</summary>
    internal bool TryClaim(IPAddress address) => Holds(address) && _taken.Add(ToNumber(address));

    internal bool Holds(IPAddress address) =>
        address.AddressFamily == Prefix.BaseAddress.AddressFamily && ToNumber(address) is var number && number >= _first && number <= _last;

    internal void Release(IPAddress address)
    {
        var number = ToNumber(address);
        if (!address.Equals(Server) && Holds(address) && _taken.Remove(number) && number < _lowest)
            _lowest = number;
    }

    private static (UInt128 First, UInt128 Last) Bounds(IPNetwork prefix)
    {
        var first = ToNumber(prefix.BaseAddress);
        var hostBits = (prefix.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? 32 : 128) - prefix.PrefixLength;
        return (first, first | ((UInt128.One << hostBits) - 1));
    }

    private static UInt128 ToNumber(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        return bytes.Length == 4 ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private IPAddress ToAddress(UInt128 number)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        return new IPAddress(IsV4 ? bytes[12..] : bytes);
    }
}
