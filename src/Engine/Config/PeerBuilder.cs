using System.Net;
using WireGuard.Api;

namespace WireGuard.Configuration;

internal sealed class PeerBuilder(DiagnosticBag diagnostics, int line) : SectionBuilder(diagnostics, line), IDisposable
{
    // A prefix that was taken away leaves a null, so that removing many stays cheap.
    private readonly List<(IPNetwork Prefix, ConfigPosition Place)?> _allowedIPs = [];
    private readonly Dictionary<IPNetwork, int> _indexes = [];
    private string? _name;
    private PublicKey? _publicKey;
    private SecretKey? _presharedKey;
    private HostEndpoint? _endpoint;
    private ushort? _persistentKeepalive;

    internal PublicKey? PublicKey => _publicKey;

    internal ConfigPosition PublicKeyPlace => Positions["PublicKey"];

    internal IEnumerable<(IPNetwork Prefix, ConfigPosition Place)> AllowedIPs =>
        from entry in _allowedIPs where entry is not null select entry.Value;

    /// <summary>The first name wins: the one above the section stands before any inside it.</summary>
    internal void SetName(string name, ConfigPosition place)
    {
        if (name.Any(char.IsControl))
            Diagnostics.Error("InvalidName", place, "The peer's name has a control character in it.");
        else if (_name is not null)
            WarnOfSecondName(Diagnostics, name, place);
        else if (name.Length > FriendlyName.MaxLength)
            Diagnostics.Warning("LongName", place, $"The peer's name is longer than {FriendlyName.MaxLength} characters and is ignored.");
        else
            _name = name;
    }

    internal static void WarnOfSecondName(DiagnosticBag diagnostics, ReadOnlySpan<char> name, ConfigPosition place) =>
        diagnostics.Warning("DuplicateName", place, $"The peer has a name already; {ShownText.Quote(name)} is ignored.");

    /// <summary>Checks that need the whole section.</summary>
    internal void Finish()
    {
        if (!Has("PublicKey"))
            Diagnostics.Error("MissingPublicKey", new(Line, 1), "The peer has no PublicKey.");
    }

    /// <summary>Only after <see cref="Finish"/> and without errors. The keys go to the section; the builder is not used again.</summary>
    internal PeerSection Build()
    {
        foreach (var (_, place) in AllowedIPs)
            Positions.Add("AllowedIPs", place);
        return new()
        {
            Name = _name,
            PublicKey = _publicKey ?? throw new InvalidOperationException("A peer without a public key cannot be built."),
            PresharedKey = _presharedKey,
            AllowedIPs = [.. AllowedIPs.Select(entry => entry.Prefix)],
            Endpoint = _endpoint,
            PersistentKeepalive = _persistentKeepalive,
            Positions = Positions,
            Line = Line,
        };
    }

    public void Dispose() => _presharedKey?.Dispose();

    protected override void Accept(ConfigValue value)
    {
        switch (value.Name)
        {
            case "PublicKey":
                _publicKey = Values.PublicKey(value);
                break;
            case "PresharedKey":
                _presharedKey = Values.PresharedKey(value);
                break;
            case "AllowedIPs":
                foreach (var item in Networks.Items(value, spaceSeparates: false))
                    ChangeAllowedIPs(item);
                break;
            case "Endpoint":
                _endpoint = Networks.Endpoint(value);
                break;
            case "PersistentKeepalive":
                _persistentKeepalive = Values.PersistentKeepalive(value);
                break;
            default:
                throw new InvalidOperationException($"{value.Name} is no key of a peer.");
        }
    }

    private void ChangeAllowedIPs(ConfigValue item)
    {
        var sign = item.Text[0];
        if (Networks.Prefix(sign is '+' or '-' ? item.Slice(1..) : item) is not { } prefix)
            return;
        if (sign == '-')
        {
            if (_indexes.Remove(prefix, out var index))
                _allowedIPs[index] = null;
            else
                Diagnostics.Warning("NothingToRemove", item.Place, $"-{prefix} takes away a prefix that the peer does not have.");
        }
        else if (_indexes.TryAdd(prefix, _allowedIPs.Count))
            _allowedIPs.Add((prefix, item.Place));
        else
            Diagnostics.Warning("DuplicateAllowedIP", item.Place, $"{prefix} is given twice.");
    }
}
