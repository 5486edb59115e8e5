using System.Buffers.Binary;
using System.Security.Cryptography;
using WireGuard.Api;
using WireGuard.Engine.Crypto;

namespace WireGuard.Engine.Noise;

internal enum HandshakeState
{
    Zeroed,
    CreatedInitiation,
    ConsumedInitiation,
    CreatedResponse,
    ConsumedResponse,
}

/// <summary>
/// One peer's handshake in progress and what outlives it: the peer's public key, the preshared key, the precomputed
/// static-static secret and the last timestamp (whitepaper, sections 5.4.2 to 5.4.5). Messages are made and read by the
/// device's worker thread; keys are set by the control path; a lock of its own orders the two.
/// </summary>
internal sealed partial class Handshake : IDisposable
{
    private readonly Lock _lock = new();
    private readonly byte[] _staticStatic = GC.AllocateArray<byte>(32, pinned: true);
    private readonly byte[] _presharedKey = GC.AllocateArray<byte>(32, pinned: true);
    private readonly byte[] _ephemeral = GC.AllocateArray<byte>(32, pinned: true);
    private readonly byte[] _remoteEphemeral = new byte[32];
    private readonly byte[] _latestTimestamp = new byte[MessageFormat.TimestampSize];
    // One, in memory that the collector does not move and so leaves no copies of.
    private readonly SymmetricState[] _pinnedSymmetric = GC.AllocateArray<SymmetricState>(1, pinned: true);
    private StaticIdentity? _identity;

    // Null: not computed yet. Thousands of peers at a start would cost as many products on the curve before anybody is served.
    private bool? _staticStaticUsable;
    private long _lastInitiationConsumed = long.MinValue;

    internal Handshake(in PublicKey remote) => RemoteStatic = remote;

    internal PublicKey RemoteStatic { get; }

    private ref SymmetricState Symmetric => ref _pinnedSymmetric[0];

    internal HandshakeState State { get; private set; }

    /// <summary>Our index of this handshake, 0 when there is none.</summary>
    internal uint LocalIndex { get; private set; }

    internal uint RemoteIndex { get; private set; }

    internal bool HasPresharedKey => _presharedKey.AsSpan().IndexOfAnyExcept((byte)0) >= 0;

    /// <summary>False when the peer's key is a low-order point: nothing can ever be agreed with it.</summary>
    internal bool CanAgree
    {
        get
        {
            lock (_lock)
                return TryAgree();
        }
    }

    /// <summary>Forgets the static-static secret, which is computed anew when it is needed; null: the device has no key.</summary>
    /// <param name="identity">Not disposed of before another one is set, or this is.</param>
    internal void SetIdentity(StaticIdentity? identity)
    {
        lock (_lock)
        {
            _identity = identity;
            _staticStaticUsable = null;
            CryptographicOperations.ZeroMemory(_staticStatic);
        }
    }

    /// <summary>Takes effect with the next handshake message; sessions stay. A zero key is "none".</summary>
    internal void SetPresharedKey(ReadOnlySpan<byte> key)
    {
        lock (_lock)
            key.CopyTo(_presharedKey);
    }

    /// <summary>A copy for a snapshot, null when none is set.</summary>
    internal SecretKey? CopyPresharedKey()
    {
        lock (_lock)
            return HasPresharedKey ? new SecretKey(_presharedKey) : null;
    }

    /// <summary>Forgets the handshake in progress, zeroing its secrets. Preshared key and last timestamp stay.</summary>
    internal void Clear()
    {
        lock (_lock)
            ClearLocked();
    }

    /// <summary>
    /// Turns a finished handshake into transport keys and forgets it. False when there is none to turn.
    /// </summary>
    /// <param name="sendKey">32 bytes.</param>
    /// <param name="receiveKey">32 bytes.</param>
    internal bool TryDeriveSession(Span<byte> sendKey, Span<byte> receiveKey, out bool isInitiator, out uint localIndex, out uint remoteIndex)
    {
        lock (_lock)
        {
            isInitiator = State == HandshakeState.ConsumedResponse;
            localIndex = LocalIndex;
            remoteIndex = RemoteIndex;
            if (!isInitiator && State != HandshakeState.CreatedResponse)
                return false;
            if (isInitiator)
                Symmetric.Split(sendKey, receiveKey);
            else
                Symmetric.Split(receiveKey, sendKey);
            ClearLocked();
            return true;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            ClearLocked();
            CryptographicOperations.ZeroMemory(_staticStatic);
            CryptographicOperations.ZeroMemory(_presharedKey);
            _identity = null;
            _staticStaticUsable = null;
        }
    }

    private bool TryAgree()
    {
        if (_staticStaticUsable is { } known)
            return known;
        var isUsable = _identity is { } identity && X25519.SharedSecret(_staticStatic, identity.PrivateKey.Span, RemoteStatic.Span);
        if (!isUsable)
            CryptographicOperations.ZeroMemory(_staticStatic);
        _staticStaticUsable = isUsable;
        return isUsable;
    }

    private void ClearLocked()
    {
        Symmetric.Clear();
        CryptographicOperations.ZeroMemory(_ephemeral);
        CryptographicOperations.ZeroMemory(_remoteEphemeral);
        LocalIndex = 0;
        RemoteIndex = 0;
        State = HandshakeState.Zeroed;
    }

    private static void WriteHeader(Span<byte> message, MessageType type, uint senderIndex)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(message, (uint)type);
        BinaryPrimitives.WriteUInt32LittleEndian(message[MessageFormat.SenderIndex..], senderIndex);
    }
}
