using System.Collections.Concurrent;
using WireGuard.Engine.Crypto;

namespace WireGuard.Engine.Device;

/// <summary>
/// What our 32-bit indices stand for: a peer's handshake in progress, or a session. Indices are random, so that they
/// tell an observer nothing (whitepaper, section 5.4.2). Lookups take no lock and allocate nothing.
/// </summary>
internal sealed class IndexTable
{
    private readonly ConcurrentDictionary<uint, object> _entries = new();

    internal int Count => _entries.Count;

    /// <summary>A fresh index for the peer's handshake.</summary>
    internal uint AddHandshake(Peer peer)
    {
        Span<byte> bytes = stackalloc byte[4];
        while (true)
        {
            SecureRandom.Fill(bytes);
            var index = BitConverter.ToUInt32(bytes);
            // 0 is "no index" inside the engine.
            if (index != 0 && _entries.TryAdd(index, peer))
                return index;
        }
    }

    /// <summary>The handshake behind this index has become a session.</summary>
    internal void Replace(uint index, Keypair keypair) => _entries[index] = keypair;

    internal void Remove(uint index) => _entries.TryRemove(index, out _);

    internal Keypair? FindKeypair(uint index) => _entries.TryGetValue(index, out var entry) ? entry as Keypair : null;

    /// <summary>The peer whose handshake in progress, not session, has this index.</summary>
    internal Peer? FindHandshake(uint index) => _entries.TryGetValue(index, out var entry) ? entry as Peer : null;

    /// <summary>The peer behind an index, whatever it stands for.</summary>
    internal Peer? FindPeer(uint index) => _entries.TryGetValue(index, out var entry) ? entry as Peer ?? (entry as Keypair)?.Peer : null;
}
