using System.Net;
using WireGuard.Api;

namespace WireGuard.Configuration;

internal sealed class PeerBuilder(DiagnosticBag diagnostics, int line) : SectionBuilder(diagnostics, line), IDisposable
{
    // A prefix that was taken away stays behind, marked, so that removing many is cheap.
    private readonly List<AllowedIP> _allowedIPs = [];
    private readonly Dictionary<IPNetwork, AllowedIP> _present = [];
    private string? _name;
    private PublicKey? _publicKey;
    private SecretKey? _presharedKey;
    private HostEndpoint? _endpoint;
    private ushort? _persistentKeepalive;

    internal PublicKey? PublicKey => _publicKey;

    internal ConfigPosition PublicKeyPlace => Positions["PublicKey"];

    internal IEnumerable<AllowedIP> AllowedIPs => _allowedIPs.Where(entry => !entry.IsTakenAway);

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
        var prefixes = new List<IPNetwork>(_allowedIPs.Count);
        foreach (var entry in AllowedIPs)
        {
            Positions.Add("AllowedIPs", entry.Place);
            prefixes.Add(entry.Prefix);
        }

        return new()
        {
            Name = _name,
            PublicKey = _publicKey ?? throw new InvalidOperationException("A peer without a public key cannot be built."),
            PresharedKey = _presharedKey,
            AllowedIPs = prefixes,
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
            if (_present.Remove(prefix, out var entry))
                entry.IsTakenAway = true;
            else
                Diagnostics.Warning("NothingToRemove", item.Place, $"-{prefix} takes away a prefix that the peer does not have.");
            return;
        }

        var added = new AllowedIP(prefix, item.Place);
        if (_present.TryAdd(prefix, added))
            _allowedIPs.Add(added);
        else
            Diagnostics.Warning("DuplicateAllowedIP", item.Place, $"{prefix} is given twice.");
    }

    internal sealed class AllowedIP(IPNetwork prefix, ConfigPosition place)
    {
        internal IPNetwork Prefix { get; } = prefix;

        internal ConfigPosition Place { get; } = place;

        internal bool IsTakenAway { get; set; }
    }
}
