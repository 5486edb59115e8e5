using System.Runtime.InteropServices;
using System.Security.Cryptography;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Noise;

namespace WireGuard.Engine.Device;

/// <summary>
/// The transport keys of one session (whitepaper, section 5.4.5). Counted: the peer's table holds one use, each thread
/// that seals or opens with it another, and the keys are zeroed when the last is given back, so that no packet is ever
/// sealed with a key that is just being erased.
/// </summary>
internal sealed unsafe class Keypair
{
    private static long s_made;

    private readonly byte[] _keys = GC.AllocateArray<byte>(64, pinned: true);
    private readonly ReplayCounter _received = new();
    private readonly Lock _receivedLock = new();
    private long _sendCounter;
    private int _uses = 1;

    internal Keypair(Peer peer, bool isInitiator, uint localIndex, uint remoteIndex, long createdAt, ReadOnlySpan<byte> sendKey, ReadOnlySpan<byte> receiveKey)
    {
        Peer = peer;
        IsInitiator = isInitiator;
        LocalIndex = localIndex;
        RemoteIndex = remoteIndex;
        CreatedAt = createdAt;
        sendKey.CopyTo(_keys);
        receiveKey.CopyTo(_keys.AsSpan(32));
        MaySend = true;
    }

    internal Peer Peer { get; }

    internal bool IsInitiator { get; }

    internal uint LocalIndex { get; }

    internal uint RemoteIndex { get; }

    /// <summary>Larger than that of every session made before, from 1 on.</summary>
    internal long Number { get; } = Interlocked.Increment(ref s_made);

    /// <summary>Monotonic nanoseconds.</summary>
    internal long CreatedAt { get; }

    /// <summary>Cleared when the key must not send any more although it may still receive.</summary>
    internal bool MaySend { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); }

    // The array is pinned for its life, so its address may be taken once and again.
    internal byte* SendKey => (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_keys));

    internal byte* ReceiveKey => SendKey + 32;

    /// <summary>The first of three steps that bring in what opening a message needs; see <see cref="CacheHint"/>.</summary>
    internal void Hint() => CacheHint.Object(this, 2);

    internal void HintParts()
    {
        HintKeys();
        CacheHint.Object(_received, 1);
    }

    internal void HintWindow(ulong counter) => _received.Hint(counter);

    internal void HintKeys() => CacheHint.Object(_keys, 2);

    /// <summary>Counters used so far.</summary>
    internal ulong SendCounter => (ulong)Interlocked.Read(ref _sendCounter);

    internal bool IsExpired(long now) => now - CreatedAt >= (long)ProtocolLimits.RejectAfterTime.TotalNanoseconds;

    /// <summary>Takes so many counters in a row and returns the first; those from <see cref="ProtocolLimits.RejectAfterMessages"/> on must not be used.</summary>
    internal ulong TakeCounters(int count) => (ulong)Interlocked.Add(ref _sendCounter, count) - (ulong)count;

    /// <summary>Starts counting elsewhere; for tests of the limits.</summary>
    internal void SetSendCounter(ulong value) => Interlocked.Exchange(ref _sendCounter, (long)value);

    /// <summary>Whether the counter could still be accepted, as of a moment ago.</summary>
    internal bool CanReceive(ulong counter) => !_received.IsUsedUp && _received.CanAccept(counter);

    /// <summary>
    /// Accepts the counters of authentic packets, in order, each once: what is not accepted is marked as not authentic. Lanes
    /// that opened copies of a message at the same time agree here on who has it.
    /// </summary>
    internal void Receive(Span<AeadPacket> packets)
    {
        lock (_receivedLock)
        {
            for (var i = 0; i < packets.Length; i++)
                packets[i].Authentic = packets[i].Authentic && _received.TryAccept(packets[i].Counter);
        }
    }

    /// <summary>Nobody has accepted a higher counter yet.</summary>
    internal bool IsNewest(ulong counter) => counter + 1 >= _received.Next;

    /// <summary>Begins a use; false when the keys are already gone.</summary>
    internal bool TryUse()
    {
        var uses = Volatile.Read(ref _uses);
        while (uses > 0)
        {
            var seen = Interlocked.CompareExchange(ref _uses, uses + 1, uses);
            if (seen == uses)
                return true;
            uses = seen;
        }

        return false;
    }

    /// <summary>Ends a use; the last one zeroes the keys.</summary>
    internal void Release()
    {
        if (Interlocked.Decrement(ref _uses) == 0)
            CryptographicOperations.ZeroMemory(_keys);
    }
}
