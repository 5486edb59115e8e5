using System.Buffers.Binary;
using System.Net;
using WireGuard.Api;

namespace WireGuard.Engine.Enrollment;

internal enum GrantStatus : byte
{
    Granted = 0,
    Waiting = 1,
    Refused = 2,
}

/// <summary>Why a client that has shown the code or the secret is not let in all the same.</summary>
internal enum GrantRefusal : byte
{
    None = 0,
    PoolExhausted = 1,
    Denied = 2,
    Closed = 3,
    EnoughPeers = 4,
    InviteUsedUp = 5,
    NotStored = 6,
}

/// <summary>An address with the length of the prefix that it stands in; of an allowed prefix the host bits are zero.</summary>
internal readonly record struct PrefixedAddress(IPAddress Address, int PrefixLength)
{
    public override string ToString() => $"{Address}/{PrefixLength}";
}

/// <summary>What a server hands out (docs/enrollment-protocol.md, section 5.1).</summary>
internal sealed record GrantPayload
{
    internal const int MaxAddresses = 8;
    internal const int MaxAllowedIPs = 24;
    internal const int MaxDns = 8;
    internal const int MinMtu = 576;

    internal GrantStatus Status { get; init; }

    internal GrantRefusal Refusal { get; init; }

    internal string? Name { get; init; }

    internal IReadOnlyList<PrefixedAddress> Addresses { get; init; } = [];

    internal IReadOnlyList<PrefixedAddress> AllowedIPs { get; init; } = [];

    internal IReadOnlyList<IPAddress> Dns { get; init; } = [];

    internal ushort? Mtu { get; init; }

    internal ushort? Keepalive { get; init; }

    internal uint? LeaseSeconds { get; init; }

    /// <summary>The key that a peer has already; null: the one of this run. Who reads a payload owns it, who writes one keeps it.</summary>
    internal SecretKey? PresharedKey { get; init; }

    internal void Write(Span<byte> payload)
    {
        var writer = new PayloadWriter(payload);
        writer.Add(PayloadType.Status, [(byte)Status, (byte)Refusal]);
        if (Name is not null)
            writer.Add(PayloadType.Name, Name);
        foreach (var (address, length) in Addresses)
            writer.Add(PayloadType.Address, address, length);
        foreach (var (address, length) in AllowedIPs)
            writer.Add(PayloadType.AllowedIP, address, length);
        foreach (var address in Dns)
            writer.Add(PayloadType.Dns, address);
        if (Mtu is { } mtu)
            writer.Add(PayloadType.Mtu, mtu);
        if (Keepalive is { } keepalive)
            writer.Add(PayloadType.Keepalive, keepalive);
        if (LeaseSeconds is { } lease)
            writer.Add(PayloadType.Lease, lease);
        if (PresharedKey is not null)
            writer.Add(PayloadType.PresharedKey, PresharedKey.Span);
    }

    /// <summary>Null when it is not well formed, or does not hang together.</summary>
    internal static GrantPayload? Read(ReadOnlySpan<byte> payload)
    {
        using var draft = new Draft();
        var reader = new PayloadReader(payload);
        while (reader.MoveNext())
        {
            if (!draft.TryTake(reader.Type, reader.Value, reader.IsCritical))
                return null;
        }

        return reader.IsDamaged ? null : draft.Finish();
    }

    private sealed class Draft : IDisposable
    {
        private readonly List<PrefixedAddress> _addresses = [];
        private readonly List<PrefixedAddress> _allowedIPs = [];
        private readonly List<IPAddress> _dns = [];
        private (GrantStatus Status, GrantRefusal Refusal)? _status;
        private string? _name;
        private ushort? _mtu;
        private ushort? _keepalive;
        private uint? _lease;
        private SecretKey? _presharedKey;

        internal bool TryTake(PayloadType type, ReadOnlySpan<byte> value, bool isCritical) => type switch
        {
            PayloadType.Status => TryTakeStatus(value),
            PayloadType.Name => _name is null && PeerName.TryRead(value, out _name),
            PayloadType.Address => _addresses.Count < MaxAddresses && TryTakePrefix(value, _addresses, mayHaveHostBits: true),
            PayloadType.AllowedIP => _allowedIPs.Count < MaxAllowedIPs && TryTakePrefix(value, _allowedIPs, mayHaveHostBits: false),
            PayloadType.Dns => _dns.Count < MaxDns && TryTakeAddress(value),
            PayloadType.Mtu => TryTakeNumber(value, MinMtu, ref _mtu),
            PayloadType.Keepalive => TryTakeNumber(value, 1, ref _keepalive),
            PayloadType.Lease => TryTakeLease(value),
            PayloadType.PresharedKey => TryTakePresharedKey(value),
            _ => !isCritical,
        };

        internal GrantPayload? Finish()
        {
            if (_status is not { } status || (status.Status == GrantStatus.Granted && (_addresses.Count == 0 || _allowedIPs.Count == 0))
                || (status.Status != GrantStatus.Granted && _presharedKey is not null))
                return null;
            var presharedKey = _presharedKey;
            _presharedKey = null;
            return new GrantPayload
            {
                Status = status.Status,
                Refusal = status.Refusal,
                Name = _name,
                Addresses = _addresses,
                AllowedIPs = _allowedIPs,
                Dns = _dns,
                Mtu = _mtu,
                Keepalive = _keepalive,
                LeaseSeconds = _lease,
                PresharedKey = presharedKey,
            };
        }

        // What came to nothing leaves no key behind.
        public void Dispose() => _presharedKey?.Dispose();

        private static bool TryTakePrefix(ReadOnlySpan<byte> value, List<PrefixedAddress> list, bool mayHaveHostBits)
        {
            if (value.Length is not (5 or 17) || value[^1] > 8 * (value.Length - 1))
                return false;
            var address = value[..^1];
            if (!mayHaveHostBits && HasHostBits(address, value[^1]))
                return false;
            list.Add(new(new IPAddress(address), value[^1]));
            return true;
        }

        private static bool HasHostBits(ReadOnlySpan<byte> address, int prefixLength)
        {
            for (var bit = prefixLength; bit < 8 * address.Length; bit++)
            {
                if ((address[bit / 8] & (0x80 >> (bit % 8))) != 0)
                    return true;
            }

            return false;
        }

        private static bool TryTakeNumber(ReadOnlySpan<byte> value, int least, ref ushort? field)
        {
            if (field is not null || value.Length != sizeof(ushort) || BinaryPrimitives.ReadUInt16LittleEndian(value) is var number && number < least)
                return false;
            field = number;
            return true;
        }

        private bool TryTakeStatus(ReadOnlySpan<byte> value)
        {
            if (_status is not null || value.Length != 2 || value[0] > (byte)GrantStatus.Refused || value[1] > (byte)GrantRefusal.NotStored
                || (value[0] == (byte)GrantStatus.Refused) != (value[1] != 0))
                return false;
            _status = ((GrantStatus)value[0], (GrantRefusal)value[1]);
            return true;
        }

        private bool TryTakeAddress(ReadOnlySpan<byte> value)
        {
            if (value.Length is not (4 or 16))
                return false;
            _dns.Add(new IPAddress(value));
            return true;
        }

        private bool TryTakeLease(ReadOnlySpan<byte> value)
        {
            if (_lease is not null || value.Length != sizeof(uint) || BinaryPrimitives.ReadUInt32LittleEndian(value) is var seconds && seconds == 0)
                return false;
            _lease = seconds;
            return true;
        }

        private bool TryTakePresharedKey(ReadOnlySpan<byte> value)
        {
            if (_presharedKey is not null || value.Length != SecretKey.Size || !value.ContainsAnyExcept((byte)0))
                return false;
            _presharedKey = new SecretKey(value);
            return true;
        }
    }
}
