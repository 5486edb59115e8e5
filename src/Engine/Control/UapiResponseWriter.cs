using System.Globalization;
using WireGuard.Engine.Device;

namespace WireGuard.Engine.Control;

/// <summary>
/// Writes a device as the answer to get=1, keys in the order of the reference implementations. What is not set is left
/// out, except that a peer always has preshared_key, handshake time, counters and keepalive interval.
/// </summary>
/// <param name="send">Takes a piece of the answer; the memory is zeroed and used again when the task has ended.</param>
internal sealed class UapiResponseWriter(Func<ReadOnlyMemory<byte>, ValueTask> send) : IDisposable
{
    private const int PieceSize = 64 * 1024;

    // The longest line is an endpoint: 9 + [45 + % + scope]:65535, far below this.
    private const int LongestLine = 256;

    private static ReadOnlySpan<byte> NoKey => "0000000000000000000000000000000000000000000000000000000000000000"u8;

    private readonly SecretBufferWriter _text = new(PieceSize);

    /// <summary>Sends the whole device and errno=0.</summary>
    /// <param name="withKeys">False: it is as if there were no private and preshared keys.</param>
    internal async ValueTask WriteDeviceAsync(DeviceSnapshot device, bool withKeys)
    {
        WriteSettings(device, withKeys);
        foreach (var peer in device.Peers)
        {
            WritePeer(peer, withKeys);
            foreach (var prefix in peer.AllowedIPs)
            {
                WriteFormatted("allowed_ip="u8, prefix);
                if (PieceSize - _text.Count < 16 * LongestLine)
                    await SendPieceAsync();
            }

            if (PieceSize - _text.Count < 16 * LongestLine)
                await SendPieceAsync();
        }

        await WriteErrnoAsync(UapiErrno.Success);
    }

    /// <summary>Sends the end of any answer.</summary>
    internal async ValueTask WriteErrnoAsync(int errno)
    {
        WriteFormatted("errno="u8, errno);
        WriteRaw("\n"u8);
        await SendPieceAsync();
    }

    public void Dispose() => _text.Dispose();

    private void WriteSettings(DeviceSnapshot device, bool withKeys)
    {
        if (withKeys && device.PrivateKey is { } privateKey)
            WriteKey("private_key="u8, privateKey.Span);
        if (device.ListenPort != 0)
            WriteFormatted("listen_port="u8, device.ListenPort);
        if (device.FwMark != 0)
            WriteFormatted("fwmark="u8, device.FwMark);
    }

    private void WritePeer(PeerSnapshot peer, bool withKeys)
    {
        WriteKey("public_key="u8, peer.PublicKey.Span);
        if (withKeys && peer.PresharedKey is { } presharedKey)
            WriteKey("preshared_key="u8, presharedKey.Span);
        else
            WriteLine("preshared_key="u8, NoKey);
        WriteLine("protocol_version="u8, "1"u8);
        if (peer.Endpoint is { } endpoint)
        {
            Span<byte> text = stackalloc byte[LongestLine];
            WriteLine("endpoint="u8, text[..AddressText.WriteEndpoint(endpoint, text)]);
        }

        var sinceEpoch = peer.LastHandshake is { } time ? time - DateTimeOffset.UnixEpoch : TimeSpan.Zero;
        WriteFormatted("last_handshake_time_sec="u8, sinceEpoch.Ticks / TimeSpan.TicksPerSecond);
        WriteFormatted("last_handshake_time_nsec="u8, sinceEpoch.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick);
        WriteFormatted("tx_bytes="u8, peer.TxBytes);
        WriteFormatted("rx_bytes="u8, peer.RxBytes);
        WriteFormatted("persistent_keepalive_interval="u8, peer.PersistentKeepalive);
    }

    private void WriteKey(ReadOnlySpan<byte> name, ReadOnlySpan<byte> key)
    {
        WriteRaw(name);
        HexText.Write(key, _text.GetSpan(HexText.KeyLength));
        _text.Advance(HexText.KeyLength);
        WriteRaw("\n"u8);
    }

    private void WriteFormatted<T>(ReadOnlySpan<byte> name, T value)
        where T : IUtf8SpanFormattable
    {
        WriteRaw(name);
        value.TryFormat(_text.GetSpan(LongestLine), out var written, default, CultureInfo.InvariantCulture);
        _text.Advance(written);
        WriteRaw("\n"u8);
    }

    private void WriteLine(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        WriteRaw(name);
        WriteRaw(value);
        WriteRaw("\n"u8);
    }

    private void WriteRaw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_text.GetSpan(bytes.Length));
        _text.Advance(bytes.Length);
    }

    private async ValueTask SendPieceAsync()
    {
        await send(_text.Written);
        _text.Clear();
    }
}
