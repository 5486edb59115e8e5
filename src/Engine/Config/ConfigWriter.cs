using System.Globalization;
using WireGuard.Api;

namespace WireGuard.Configuration;

/// <summary>What <see cref="ConfigWriter"/> writes.</summary>
[Flags]
public enum ConfigWriteOptions
{
    /// <summary>Everything but the keys that must stay secret; a comment stands where each would be.</summary>
    None = 0,

    /// <summary>PrivateKey and PresharedKey too.</summary>
    IncludeSecrets = 1,

    /// <summary>Only what wg(8) itself understands, as "wg-quick strip" does; friendly names stay, being comments.</summary>
    Strip = 2,

    /// <summary>A comment says where the private key goes that the configuration has not.</summary>
    MarkMissingKey = 4,
}

/// <summary>
/// Writes a configuration in canonical form: keys in a fixed order, lists on one line, defaults left out, '\n' at the end
/// of each line. Reading it back gives an equal configuration.
/// </summary>
public static class ConfigWriter
{
    /// <exception cref="ArgumentException">A value holds what the format cannot express, such as a line break.</exception>
    public static void Write(TunnelConfig config, TextWriter writer, ConfigWriteOptions options)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(writer);
        Verify(config);
        var output = new Output(writer, options.HasFlag(ConfigWriteOptions.IncludeSecrets));
        WriteInterface(config.Interface, output, options);
        foreach (var peer in config.Peers)
            WritePeer(peer, output);
    }

    /// <inheritdoc cref="Write(TunnelConfig, TextWriter, ConfigWriteOptions)"/>
    public static string Write(TunnelConfig config, ConfigWriteOptions options)
    {
        using var writer = new StringWriter(CultureInfo.InvariantCulture);
        Write(config, writer, options);
        return writer.ToString();
    }

    private static void WriteInterface(InterfaceSection section, Output output, ConfigWriteOptions options)
    {
        output.Line("[Interface]");
        output.Secret("PrivateKey", section.PrivateKey);
        if (section.PrivateKey is null && options.HasFlag(ConfigWriteOptions.MarkMissingKey))
            output.Line("# PrivateKey goes here: this host's own, which no other file has");
        output.Entry("ListenPort", section.ListenPort);
        output.Entry("FwMark", section.FwMark is 0 ? "off" : section.FwMark is { } mark ? $"0x{mark:x}" : null);
        if (options.HasFlag(ConfigWriteOptions.Strip))
            return;
        output.List("Address", section.Addresses);
        output.List("DNS", [.. section.DnsServers.Select(server => server.ToString()), .. section.DnsSearchDomains]);
        output.Entry("MTU", section.Mtu);
        output.Entry("Table", section.Table.Kind switch
        {
            RouteTableKind.Off => "off",
            RouteTableKind.Numbered => $"{section.Table.Number}",
            _ => null,
        });
        output.Each("PreUp", section.PreUp);
        output.Each("PostUp", section.PostUp);
        output.Each("PreDown", section.PreDown);
        output.Each("PostDown", section.PostDown);
        output.Entry("SaveConfig", section.SaveConfig ? "true" : null);
    }

    private static void WritePeer(PeerSection peer, Output output)
    {
        output.Line("");
        if (peer.Name is not null)
            output.Line($"# Name = {peer.Name}");
        output.Line("[Peer]");
        output.Entry("PublicKey", peer.PublicKey);
        output.Secret("PresharedKey", peer.PresharedKey);
        output.List("AllowedIPs", peer.AllowedIPs);
        output.Entry("Endpoint", peer.Endpoint);
        output.Entry("PersistentKeepalive", peer.PersistentKeepalive is 0 ? "off" : peer.PersistentKeepalive?.ToString(CultureInfo.InvariantCulture));
    }

    // A configuration may have been made in memory from what a client sent: nothing in it may become a line of its own.
    private static void Verify(TunnelConfig config)
    {
        var section = config.Interface;
        foreach (var command in section.PreUp.Concat(section.PostUp).Concat(section.PreDown).Concat(section.PostDown))
            Require(command.Length > 0 && command == command.Trim() && !command.Any(c => char.IsControl(c) && c != '\t'), "A hook is one line, without white space around it.");
        foreach (var domain in section.DnsSearchDomains)
            Require(HostName.IsValidSearchDomain(domain), "A DNS search domain is not valid.");
        foreach (var address in section.DnsServers.Concat(section.Addresses.Select(a => a.Address)))
            Require(IPText.TryParse(address.ToString(), out _), "An address has a zone, which the format has no place for.");
        foreach (var peer in config.Peers)
        {
            Require(peer.Name is null || (FriendlyName.TryNormalize(peer.Name, out var name) && name == peer.Name), "A peer's name is not one that fits into a comment.");
            Require(peer.Endpoint is null || IsHost(peer.Endpoint.Host), "An endpoint's host is neither an address nor a host name.");
            Require(peer.Endpoint is not { Port: 0 }, "An endpoint's port is 0.");
        }

        static void Require(bool condition, string message)
        {
            if (!condition)
                throw new ArgumentException(message, nameof(config));
        }
    }

    private static bool IsHost(string host) => host.Contains(':') ? IPText.IsScopedV6(host) : IPText.TryParse(host, out _) || HostName.IsValid(host);

    private readonly struct Output(TextWriter writer, bool includeSecrets)
    {
        internal void Line(string text)
        {
            writer.Write(text);
            writer.Write('\n');
        }

        internal void Entry<T>(string key, T? value)
        {
            if (value is not null)
                Line(string.Create(CultureInfo.InvariantCulture, $"{key} = {value}"));
        }

        internal void Each(string key, IEnumerable<string> values)
        {
            foreach (var value in values)
                Entry(key, value);
        }

        internal void List<T>(string key, IReadOnlyCollection<T> values)
        {
            if (values.Count > 0)
                Line($"{key} = {string.Join(", ", values)}");
        }

        internal void Secret(string key, SecretKey? value)
        {
            if (value is null)
                return;
            if (!includeSecrets)
            {
                Line($"# {key} is left out");
                return;
            }

            // Not through a string, which could not be zeroed.
            Span<char> text = stackalloc char[44];
            Convert.TryToBase64Chars(value.Span, text, out _);
            writer.Write(key);
            writer.Write(" = ");
            writer.Write(text);
            writer.Write('\n');
            text.Clear();
        }
    }
}
