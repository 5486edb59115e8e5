using System.Globalization;
using System.Net;
using WireGuard.Api;

namespace WireGuard.Configuration;

/// <summary>Reads the common part of the wg-quick(8) grammar.</summary>
public static class ConfigParser
{
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ConfigResult ParseFile(string path) => new Reader(path).Read(File.ReadAllLines(path));

    private sealed class Reader(string path)
    {
        private readonly List<ConfigDiagnostic> _diagnostics = [];
        private readonly List<Dictionary<string, string>> _peers = [];
        private readonly Dictionary<string, string> _interface = new(StringComparer.OrdinalIgnoreCase);

        internal ConfigResult Read(string[] lines)
        {
            Dictionary<string, string>? section = null;
            for (var i = 0; i < lines.Length; i++)
            {
                var text = lines[i].Split('#')[0].Trim();
                if (text.Length == 0)
                    continue;
                if (text[0] == '[')
                    section = Open(text, i + 1);
                else
                    Take(section, text, i + 1);
            }

            var config = Build();
            return new ConfigResult(_diagnostics.Any(d => d.Severity == ConfigSeverity.Error) ? null : config, _diagnostics);
        }

        private void Error(string id, string message, int line) =>
            _diagnostics.Add(new ConfigDiagnostic(ConfigSeverity.Error, id, message, path, line, line > 0 ? 1 : 0));

        private Dictionary<string, string>? Open(string text, int line)
        {
            if (text.Equals("[Interface]", StringComparison.OrdinalIgnoreCase))
                return _interface;
            if (!text.Equals("[Peer]", StringComparison.OrdinalIgnoreCase))
            {
                Error("UnknownSection", $"{text} is no section.", line);
                return null;
            }

            _peers.Add(new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase));
            return _peers[^1];
        }

        private void Take(Dictionary<string, string>? section, string text, int line)
        {
            string[] known = section == _interface
                ? ["PrivateKey", "ListenPort", "Address", "MTU", "SaveConfig", "PreUp", "PostUp", "PreDown", "PostDown"]
                : ["PublicKey", "PresharedKey", "AllowedIPs", "Endpoint", "PersistentKeepalive"];
            var parts = text.Split('=', 2, StringSplitOptions.TrimEntries);
            if (section is null || parts.Length != 2 || !known.Contains(parts[0], StringComparer.OrdinalIgnoreCase))
                Error("UnknownKey", $"{parts[0]} is not known here.", line);
            else if (parts[0].EndsWith("Key", StringComparison.OrdinalIgnoreCase) && !PublicKey.TryParse(parts[1], out _))
                Error("InvalidKey", $"{parts[0]} is no key.", line);
            else
                section[parts[0]] = section.TryGetValue(parts[0], out var before) ? $"{before}, {parts[1]}" : parts[1];
        }

        private TunnelConfig? Build()
        {
            foreach (var _ in _peers.Where(p => !p.ContainsKey("PublicKey")))
                Error("MissingPublicKey", "A [Peer] has no PublicKey.", 0);
            if (_diagnostics.Count > 0)
                return null;
            var hooks = _interface.TryGetValue("PostUp", out var hook) ? new[] { hook } : [];
            return new TunnelConfig
            {
                Path = path,
                Interface = new InterfaceSection
                {
                    PrivateKey = _interface.TryGetValue("PrivateKey", out var key) ? SecretKey.Parse(key) : null,
                    ListenPort = _interface.TryGetValue("ListenPort", out var port) ? ushort.Parse(port, CultureInfo.InvariantCulture) : null,
                    PostUp = hooks,
                },
                Peers =
                [
                    .. _peers.Select(p => new PeerSection
                    {
                        PublicKey = PublicKey.Parse(p["PublicKey"]),
                        AllowedIPs = p.TryGetValue("AllowedIPs", out var ips)
                            ? [.. ips.Split(',', StringSplitOptions.TrimEntries).Select(i => IPNetwork.Parse(i))]
                            : [],
                    }),
                ],
            };
        }
    }
}
