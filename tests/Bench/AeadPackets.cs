using System.Runtime.InteropServices;
using WireGuard.Engine.Crypto;

namespace WireGuard.Bench;

/// <summary>The packets that all contestants seal and open.</summary>
internal sealed unsafe class AeadPackets(int batch) : IDisposable
{
    private const int Room = 1600;

    private readonly byte* _memory = (byte*)NativeMemory.AllocZeroed((nuint)(TransportAead.KeySize + (batch * Room)));
    private readonly AeadPacket[] _packets = new AeadPacket[batch];
    private readonly List<IDisposable> _owned = [];
    private int _length;

    /// <summary>Bytes of text of every packet.</summary>
    public int Length
    {
        get => _length;
        set
        {
            _length = value;
            for (var i = 0; i < batch; i++)
                _packets[i] = new AeadPacket { Key = _memory, Counter = (ulong)i, Data = Data(i), Length = value };
        }
    }

    public Contestant Ours(string name, TransportAead aead, int atOnce) => new(
        name,
        () =>
        {
            for (var i = 0; i < batch; i += atOnce)
                aead.Seal(_packets.AsSpan(i, atOnce));
        },
        () =>
        {
            for (var i = 0; i < batch; i += atOnce)
                aead.Open(_packets.AsSpan(i, atOnce));
            if (!_packets[^1].Authentic)
                throw new InvalidOperationException($"{name} refuses what it sealed.");
        });

    public Contestant OpenSsl()
    {
        var openSsl = new AeadOpenSsl(_memory);
        _owned.Add(openSsl);
        return new(
            "OpenSSL EVP",
            () =>
            {
                for (var i = 0; i < batch; i++)
                    openSsl.Seal((ulong)i, Data(i), _length);
            },
            () =>
            {
                for (var i = 0; i < batch; i++)
                    openSsl.Open((ulong)i, Data(i), _length);
            });
    }

    public Contestant Sodium()
    {
        var key = new byte[TransportAead.KeySize];
        var text = new byte[Room];
        var sealedText = new byte[Room];
        return new(
            "libsodium",
            () =>
            {
                for (var i = 0; i < batch; i++)
                    HandshakeAead.Seal(sealedText.AsSpan(0, _length + TransportAead.TagSize), key, 1, text.AsSpan(0, _length), []);
            },
            () =>
            {
                for (var i = 0; i < batch; i++)
                    HandshakeAead.Open(text.AsSpan(0, _length), key, 1, sealedText.AsSpan(0, _length + TransportAead.TagSize), []);
            });
    }

    public void Dispose()
    {
        foreach (var owned in _owned)
            owned.Dispose();
        NativeMemory.Free(_memory);
    }

    private byte* Data(int packet) => _memory + TransportAead.KeySize + (packet * Room);
}
