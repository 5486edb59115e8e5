using System.Numerics;
using WireGuard.Engine.Crypto;

namespace WireGuard.Engine.Device;

/// <summary>
/// What our 32-bit indices stand for: a peer's handshake in progress, or a session. Indices are random, so that they
/// tell an observer nothing (whitepaper, section 5.4.2). Lookups take no lock and allocate nothing.
/// </summary>
/// <remarks>
/// Open addressing, because a lookup of a hash table with nodes waits for memory three times where many peers speak. A slot
/// keeps its index until the slots are laid out anew, also once nothing is behind it: a reader that has seen the index
/// could otherwise take what a later one stands for.
/// </remarks>
internal sealed class IndexTable
{
    private const int FewestSlots = 16;

    private readonly Lock _changing = new();
    private Slot[] _slots = new Slot[FewestSlots];
    private int _used;
    private int _count;

    internal int Count => Volatile.Read(ref _count);

    /// <summary>A fresh index for the peer's handshake.</summary>
    internal uint AddHandshake(Peer peer)
    {
        Span<byte> bytes = stackalloc byte[4];
        lock (_changing)
        {
            while (true)
            {
                SecureRandom.Fill(bytes);
                var index = BitConverter.ToUInt32(bytes);
                // 0 is "no index" inside the engine.
                if (index == 0 || Find(index) is not null)
                    continue;
                Set(index, peer);
                return index;
            }
        }
    }

    /// <summary>The handshake behind this index has become a session.</summary>
    internal void Replace(uint index, Keypair keypair)
    {
        lock (_changing)
            Set(index, keypair);
    }

    internal void Remove(uint index)
    {
        lock (_changing)
        {
            if (Find(index) is null)
                return;
            Volatile.Write(ref _slots[PlaceOf(_slots, index)].Value, null);
            _count--;
        }
    }

    internal Keypair? FindKeypair(uint index) => Find(index) as Keypair;

    /// <summary>The peer whose handshake in progress, not session, has this index.</summary>
    internal Peer? FindHandshake(uint index) => Find(index) as Peer;

    /// <summary>The peer behind an index, whatever it stands for.</summary>
    internal Peer? FindPeer(uint index)
    {
        var found = Find(index);
        return found as Peer ?? (found as Keypair)?.Peer;
    }

    private object? Find(uint index)
    {
        var slots = Volatile.Read(ref _slots);
        for (var place = (int)index & (slots.Length - 1); ; place = (place + 1) & (slots.Length - 1))
        {
            ref var slot = ref slots[place];
            var key = Volatile.Read(ref slot.Index);
            if (key == 0)
                return null;
            if (key == index)
                return Volatile.Read(ref slot.Value);
        }
    }

    private void Set(uint index, object value)
    {
        // Half of the slots stay empty, so that a search ends soon, that for an index which nobody has too.
        if ((_used + 1) * 2 > _slots.Length)
            LayOutAnew();
        ref var slot = ref _slots[PlaceOf(_slots, index)];
        if (slot.Value is null)
            _count++;
        // A reader that sees the index sees what is behind it.
        Volatile.Write(ref slot.Value, value);
        if (slot.Index == 0)
            _used++;
        Volatile.Write(ref slot.Index, index);
    }

    private void LayOutAnew()
    {
        var slots = new Slot[Math.Max(FewestSlots, (int)BitOperations.RoundUpToPowerOf2((uint)(_count + 1) * 4))];
        foreach (var slot in _slots)
        {
            if (slot.Value is not null)
                slots[PlaceOf(slots, slot.Index)] = slot;
        }

        _used = _count;
        Volatile.Write(ref _slots, slots);
    }

    // That of the index, or where it would go.
    private static int PlaceOf(Slot[] slots, uint index)
    {
        var place = (int)index & (slots.Length - 1);
        while (slots[place].Index != 0 && slots[place].Index != index)
            place = (place + 1) & (slots.Length - 1);
        return place;
    }

    private struct Slot
    {
        public uint Index;
        public object? Value;
    }
}
