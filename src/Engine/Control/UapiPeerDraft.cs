using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Device;

namespace WireGuard.Engine.Control;

/// <summary>The lines between one public_key and the next.</summary>
internal sealed class UapiPeerDraft(PublicKey publicKey)
{
    private readonly List<AllowedIPChange> _allowedIPs = [];
    private SecretKey? _presharedKey;
    private IPEndPoint? _endpoint;
    private ushort? _keepalive;
    private bool _remove;
    private bool _updateOnly;
    private bool _replaceAllowedIPs;

    /// <summary>False: bad value; null: unknown key.</summary>
    internal bool? Read(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        // First, because there can be a hundred thousand of them.
        if (key.SequenceEqual("allowed_ip"u8))
            return ReadAllowedIP(value);
        if (key.SequenceEqual("preshared_key"u8))
        {
            _presharedKey?.Dispose();
            return HexText.TryReadSecretKey(value, out _presharedKey);
        }

        if (key.SequenceEqual("endpoint"u8))
            return AddressText.TryReadEndpoint(value, out _endpoint);
        if (key.SequenceEqual("persistent_keepalive_interval"u8))
        {
            var good = AddressText.TryReadNumber(value, ushort.MaxValue, out var seconds);
            _keepalive = (ushort)seconds;
            return good;
        }

        if (key.SequenceEqual("replace_allowed_ips"u8))
        {
            // Lines count in their order: what was given before is replaced too.
            _allowedIPs.Clear();
            return _replaceAllowedIPs = value.SequenceEqual("true"u8);
        }

        if (key.SequenceEqual("remove"u8))
            return _remove = value.SequenceEqual("true"u8);
        if (key.SequenceEqual("update_only"u8))
            return _updateOnly = value.SequenceEqual("true"u8);
        if (key.SequenceEqual("protocol_version"u8))
            return value.SequenceEqual("1"u8);
        return null;
    }

    /// <summary>Hands the keys over to the change.</summary>
    internal PeerChange ToChange()
    {
        if (_remove)
        {
            _presharedKey?.Dispose();
            return new PeerChange { PublicKey = publicKey, Mode = PeerChangeMode.Remove };
        }

        return new PeerChange
        {
            PublicKey = publicKey,
            Mode = _updateOnly ? PeerChangeMode.UpdateIfPresent : PeerChangeMode.AddOrUpdate,
            PresharedKey = _presharedKey,
            Endpoint = _endpoint,
            PersistentKeepalive = _keepalive,
            ReplaceAllowedIPs = _replaceAllowedIPs,
            AllowedIPs = _allowedIPs,
        };
    }

    private bool ReadAllowedIP(ReadOnlySpan<byte> value)
    {
        var remove = value is [(byte)'-', ..];
        if (!AddressText.TryReadPrefix(remove ? value[1..] : value, lengthRequired: true, out var prefix))
            return false;
        _allowedIPs.Add(new AllowedIPChange(prefix, remove));
        return true;
    }
}
