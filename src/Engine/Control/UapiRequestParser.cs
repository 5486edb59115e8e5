using System.Text;
using WireGuard.Api;
using WireGuard.Engine.Device;

namespace WireGuard.Engine.Control;

/// <summary>
/// Reads requests of the cross-platform configuration protocol (wireguard.com/xplatform) line by line, so that no request
/// has to be held as text. Nothing is applied here; after the first error the rest of a request is skipped.
/// </summary>
internal sealed class UapiRequestParser : IDisposable
{
    private readonly List<PeerChange> _peers = [];
    private UapiOperation _operation;
    private SecretKey? _privateKey;
    private ushort? _listenPort;
    private uint? _fwMark;
    private bool _replacePeers;
    private UapiPeerDraft? _peer;
    private int _line;
    private int _errno;
    private string? _problem;

    /// <summary>No line of a request has come yet.</summary>
    internal bool IsAtStart => _line == 0;

    /// <param name="line">Without its newline, not empty.</param>
    internal void AddLine(ReadOnlySpan<byte> line)
    {
        _line++;
        if (_errno != 0)
            return;
        if (_line == 1)
            ReadOperation(line);
        else if (_operation == UapiOperation.Get)
            Fail(UapiErrno.Invalid, "a get has no further lines");
        else if (line.IndexOf((byte)'=') is var separator and > 0)
            ReadSetting(line[..separator], line[(separator + 1)..]);
        else
            Fail(UapiErrno.Protocol, "a line is not of the form KEY=VALUE");
    }

    /// <summary>At the empty line that ends a request; the parser is ready for the next one.</summary>
    internal UapiRequest Complete()
    {
        if (_line == 0)
            Fail(UapiErrno.Protocol, "the request is empty");
        FinishPeer();
        var change = _operation == UapiOperation.Set && _errno == 0
            ? new DeviceChange
            {
                PrivateKey = _privateKey,
                ListenPort = _listenPort,
                FwMark = _fwMark,
                ReplacePeers = _replacePeers,
                Peers = _peers.ToArray(),
            }
            : null;
        var request = new UapiRequest(_operation, change, _errno, _problem);
        Reset(disposeKeys: change is null);
        return request;
    }

    /// <summary>Zeroes the keys of a request that was not completed.</summary>
    public void Dispose()
    {
        FinishPeer();
        Reset(disposeKeys: true);
    }

    private void ReadOperation(ReadOnlySpan<byte> line)
    {
        if (line.SequenceEqual("get=1"u8))
            _operation = UapiOperation.Get;
        else if (line.SequenceEqual("set=1"u8))
            _operation = UapiOperation.Set;
        else
            Fail(UapiErrno.Protocol, "a request begins with get=1 or set=1");
    }

    private void ReadSetting(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        bool? good;
        if (key.SequenceEqual("public_key"u8))
            good = OpenPeer(value);
        else
            good = _peer is null ? ReadDeviceSetting(key, value) : _peer.Read(key, value);

        if (good == false)
            Fail(UapiErrno.Invalid, $"bad value for {Encoding.ASCII.GetString(key)}");
        else if (good is null)
            Fail(UapiErrno.Invalid, _peer is null ? "unknown key for a device" : "unknown key for a peer");
    }

    // A peer's keys follow its public_key; from the first one on there is no way back to the device.
    private bool OpenPeer(ReadOnlySpan<byte> value)
    {
        FinishPeer();
        if (!HexText.TryReadPublicKey(value, out var publicKey))
            return false;
        _peer = new UapiPeerDraft(publicKey);
        return true;
    }

    private bool? ReadDeviceSetting(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.SequenceEqual("private_key"u8))
        {
            _privateKey?.Dispose();
            return HexText.TryReadSecretKey(value, out _privateKey);
        }

        if (key.SequenceEqual("listen_port"u8))
        {
            var good = AddressText.TryReadNumber(value, ushort.MaxValue, out var port);
            _listenPort = (ushort)port;
            return good;
        }

        if (key.SequenceEqual("fwmark"u8))
        {
            var good = AddressText.TryReadNumber(value, uint.MaxValue, out var mark);
            _fwMark = mark;
            return good;
        }

        if (key.SequenceEqual("replace_peers"u8))
            return _replacePeers = value.SequenceEqual("true"u8);
        return null;
    }

    private void FinishPeer()
    {
        if (_peer is not null)
            _peers.Add(_peer.ToChange());
        _peer = null;
    }

    private void Fail(int errno, string problem)
    {
        _errno = errno;
        _problem = $"line {_line}: {problem}";
    }

    private void Reset(bool disposeKeys)
    {
        if (disposeKeys)
        {
            _privateKey?.Dispose();
            foreach (var peer in _peers)
                peer.PresharedKey?.Dispose();
        }

        _peers.Clear();
        _operation = UapiOperation.None;
        _privateKey = null;
        _listenPort = null;
        _fwMark = null;
        _replacePeers = false;
        _line = 0;
        _errno = 0;
        _problem = null;
    }
}
