using System.Buffers.Binary;
using System.Net;
using System.Text;
using WireGuard.Api;

namespace WireGuard.Engine.Enrollment;

/// <summary>Changes as bytes: a kind, then fields of fixed length or with their length before them; numbers little-endian.</summary>
internal static class StateCodec
{
    private enum Kind : byte
    {
        ServerKey = 1,
        Peer = 2,
        PeerRemoved = 3,
        Invite = 4,
        InviteUsed = 5,
        InviteRemoved = 6,
        Reserved = 7,
        Unreserved = 8,
        ReservedByName = 9,
    }

    internal static void Write(StateBuffer buffer, StateChange change)
    {
        switch (change)
        {
            case ServerKeySet(var key):
                buffer.Add((byte)Kind.ServerKey);
                buffer.Add(key.Span);
                break;
            case PeerSet(var peer):
                buffer.Add((byte)Kind.Peer);
                buffer.Add(peer.Key.Span);
                buffer.Add(peer.PresharedKey.Span);
                buffer.AddText(peer.Name);
                buffer.AddNumber(peer.At.ToUnixTimeMilliseconds());
                buffer.AddNumber(peer.LeaseEnds?.ToUnixTimeMilliseconds() ?? -1);
                buffer.Add(peer.InviteId is null ? (byte)0 : (byte)1);
                buffer.AddNumber((long)peer.InviteId.GetValueOrDefault());
                buffer.Add((byte)peer.Addresses.Count);
                foreach (var (address, length) in peer.Addresses)
                {
                    buffer.AddAddress(address);
                    buffer.Add((byte)length);
                }

                break;
            case PeerRemoved(var key):
                buffer.Add((byte)Kind.PeerRemoved);
                buffer.Add(key.Span);
                break;
            case InviteMade(var id, var secret, var name, var expires, var uses):
                buffer.Add((byte)Kind.Invite);
                buffer.AddNumber((long)id);
                buffer.Add(secret);
                buffer.AddText(name);
                buffer.AddNumber(expires.ToUnixTimeMilliseconds());
                buffer.AddNumber(uses);
                break;
            case InviteUsed(var id, var by):
                buffer.Add((byte)Kind.InviteUsed);
                buffer.AddNumber((long)id);
                buffer.Add(by.Span);
                break;
            case InviteRemoved(var id):
                buffer.Add((byte)Kind.InviteRemoved);
                buffer.AddNumber((long)id);
                break;
            case AddressReserved(var address, { Key: null, Name: { } owner }):
                buffer.Add((byte)Kind.ReservedByName);
                buffer.AddAddress(address);
                buffer.AddText(owner);
                break;
            case AddressReserved(var address, { Key: var key }):
                buffer.Add((byte)Kind.Reserved);
                buffer.AddAddress(address);
                buffer.Add(key is null ? (byte)0 : (byte)1);
                buffer.Add(key.GetValueOrDefault().Span);
                break;
            case AddressUnreserved(var address):
                buffer.Add((byte)Kind.Unreserved);
                buffer.AddAddress(address);
                break;
            default:
                throw new ArgumentException($"{change.GetType().Name} has no form on disk.", nameof(change));
        }
    }

    /// <exception cref="InvalidDataException">These are no changes.</exception>
    internal static IReadOnlyList<StateChange> Read(ReadOnlySpan<byte> bytes)
    {
        var changes = new List<StateChange>();
        var reader = new Reader(bytes);
        while (!reader.IsAtEnd)
            changes.Add(ReadOne(ref reader));
        return changes;
    }

    private static StateChange ReadOne(ref Reader reader) => (Kind)reader.Byte() switch
    {
        Kind.ServerKey => new ServerKeySet(new SecretKey(reader.Take(SecretKey.Size))),
        Kind.Peer => ReadPeer(ref reader),
        Kind.PeerRemoved => new PeerRemoved(reader.Key()),
        Kind.Invite => new InviteMade((ulong)reader.Number(), reader.Secret(), reader.Text(), reader.Time(), (int)reader.Number()),
        Kind.InviteUsed => new InviteUsed((ulong)reader.Number(), reader.Key()),
        Kind.InviteRemoved => new InviteRemoved((ulong)reader.Number()),
        Kind.Reserved => ReadReserved(ref reader),
        Kind.ReservedByName => ReadReservedByName(ref reader),
        Kind.Unreserved => new AddressUnreserved(reader.Address()),
        var kind => throw new InvalidDataException($"A change of unknown kind {(byte)kind}: written by a newer version?"),
    };

    private static PeerSet ReadPeer(ref Reader reader)
    {
        var key = reader.Key();
        var psk = new SecretKey(reader.Take(SecretKey.Size));
        var name = reader.Text();
        var at = reader.Time();
        var lease = reader.Number();
        var isByInvite = reader.Flag();
        var inviteId = (ulong)reader.Number();
        var addresses = new PrefixedAddress[reader.Byte()];
        for (var i = 0; i < addresses.Length; i++)
            addresses[i] = new(reader.Address(), reader.Byte());
        return new PeerSet(new EnrolledPeer(key, psk, name, addresses, at)
        {
            LeaseEnds = lease < 0 ? null : Reader.ToTime(lease),
            InviteId = isByInvite ? inviteId : null,
        });
    }

    private static AddressReserved ReadReserved(ref Reader reader)
    {
        var address = reader.Address();
        var hasKey = reader.Flag();
        var key = reader.Key();
        return new AddressReserved(address, new(hasKey ? key : null, null));
    }

    private static AddressReserved ReadReservedByName(ref Reader reader)
    {
        var address = reader.Address();
        return new AddressReserved(address, new(null, reader.Text() ?? throw new InvalidDataException("A reservation by name has none.")));
    }

    private ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        private static readonly long s_latest = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

        private ReadOnlySpan<byte> _rest = bytes;

        internal readonly bool IsAtEnd => _rest.IsEmpty;

        internal ReadOnlySpan<byte> Take(int length)
        {
            if (length > _rest.Length)
                throw new InvalidDataException("A change ends before it is whole.");
            var taken = _rest[..length];
            _rest = _rest[length..];
            return taken;
        }

        internal byte Byte() => Take(1)[0];

        internal bool Flag() => Byte() switch
        {
            0 => false,
            1 => true,
            _ => throw new InvalidDataException("A flag is neither 0 nor 1."),
        };

        internal long Number() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

        internal PublicKey Key() => new(Take(PublicKey.Size));

        internal byte[] Secret()
        {
            var secret = GC.AllocateArray<byte>(Credential.SecretSize, pinned: true);
            Take(secret.Length).CopyTo(secret);
            return secret;
        }

        internal string? Text() => Byte() is var length && length == 0 ? null : Encoding.UTF8.GetString(Take(length));

        internal DateTimeOffset Time() => ToTime(Number());

        internal static DateTimeOffset ToTime(long milliseconds) => milliseconds >= 0 && milliseconds <= s_latest
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : throw new InvalidDataException("A time is impossible.");

        internal IPAddress Address() => Byte() is var length && length is 4 or 16
            ? new IPAddress(Take(length))
            : throw new InvalidDataException("An address is neither IPv4 nor IPv6.");
    }
}
