using System.Text;

namespace WireGuard.Engine.Service;

/// <summary>
/// The units of systemd that run tunnels: a template for all of them, and for each what its start was asked for beyond the file.
/// </summary>
internal static class ServiceUnit
{
    /// <summary>What the template's command line calls the tunnel by: the instance's name, unless its own file has another.</summary>
    private const string TunnelVariable = "WIREGUARD_ENGINE_TUNNEL";

    /// <summary>What the template's command line takes from the instance's own file.</summary>
    private const string OptionsVariable = "WIREGUARD_ENGINE_OPTIONS";

    private const string ServeVerb = "serve";

    private const string Tunnel = "${" + TunnelVariable + "}";

    /// <param name="command">The engine: an executable, and an assembly if that is dotnet. Absolute.</param>
    public static string TemplateText(IReadOnlyList<string> command)
    {
        var engine = CommandLine(command);
        return $"""
            # Written by `wireguard-engine service install`, which writes it anew when it changes; `systemctl edit` keeps what is yours.
            [Unit]
            Description=WireGuard tunnel %i
            Wants=network-online.target nss-lookup.target
            After=network-online.target nss-lookup.target
            # What fails at once for five minutes is left alone; a start that waits for names to be known takes too long for ever coming to that.
            StartLimitIntervalSec=1h
            StartLimitBurst=150

            [Service]
            Type=notify
            Environment={TunnelVariable}=%i
            ExecStart={engine} run {Tunnel} ${OptionsVariable}
            ExecReload={engine} sync {Tunnel}
            Restart=on-failure
            RestartSec=2
            # A wrong command line, no permission, no file, a tunnel that is there, something that the machine lacks, a file with errors: trying
            # again helps none.
            RestartPreventExitStatus=2 3 4 5 7 8
            # Names of endpoints are looked up for as long as this at the longest.
            TimeoutStartSec=6min
            # There is no ExecStopPost that cleans up after a crash: the next start does, and until then a kill switch stays closed.
            Environment=DOTNET_EnableDiagnostics=0
            UMask=0077

            # What it needs: interfaces, routes, firewall and marks; ports below 1024; the group of a socket or of a saved file.
            CapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_BIND_SERVICE CAP_CHOWN
            NoNewPrivileges=yes
            DevicePolicy=closed
            DeviceAllow=/dev/net/tun rw
            RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
            RestrictNamespaces=yes
            RestrictRealtime=yes
            RestrictSUIDSGID=yes
            SystemCallArchitectures=native
            LockPersonality=yes
            KeyringMode=private
            PrivateTmp=yes
            ProtectHome=yes
            ProtectClock=yes
            ProtectControlGroups=yes
            ProtectHostname=yes
            ProtectKernelLogs=yes
            ProtectKernelModules=yes
            # Not: ProtectKernelTunables (a default route sets src_valid_mark), MemoryDenyWriteExecute (.NET compiles as it goes).
            # Not full: SaveConfig and resolvconf write to /etc, and replace files there.
            ProtectSystem=yes

            [Install]
            WantedBy=multi-user.target

            """;
    }

    private const string Header = "# Written by `wireguard-engine service install`, which writes it anew when it is called again.";

    /// <summary>What a tunnel asks for beyond the template.</summary>
    public static string OptionsText(ServiceOptions options)
    {
        var text = new StringBuilder(Header + "\n");
        if (!UnitName.IsPlain(options.Tunnel) || options.StateDirectory is not null)
            text.Append("[Unit]\n");
        if (!UnitName.IsPlain(options.Tunnel))
            text.Append($"Description=WireGuard tunnel {options.Tunnel}\n");
        if (options.StateDirectory is { } above)
            text.Append($"RequiresMountsFor={Quote(above)}\n");
        text.Append("[Service]\n");
        if (!UnitName.IsPlain(options.Tunnel))
            text.Append($"Environment={Quote($"{TunnelVariable}={options.Tunnel}")}\n");
        if (options.Words.Count > 0)
            text.Append($"Environment={Quote($"{OptionsVariable}={string.Join(' ', options.Words)}")}\n");
        if (options.ConfigDirectory is { } directory)
            text.Append($"Environment={Quote($"{Configuration.ConfigLocation.DirectoryVariable}={directory}")}\n");
        string[] folders = [.. new[] { options.ConfigDirectory, options.FileDirectory }.OfType<string>().Distinct()];
        // They may be in somebody's home, or where systemd lets nothing be written: SaveConfig replaces the file.
        if (folders.Length > 0)
            text.Append("ProtectHome=no\n");
        foreach (var folder in folders)
            text.Append($"ReadWritePaths={Quote("-" + folder)}\n");
        if (options.Serves is { } engine)
            AppendServing(text, options, engine);
        if (options.AllowsHooks)
        {
            text.Append("# The file's commands run in here too, and are confined less.\n");
            text.Append("CapabilityBoundingSet=~\nNoNewPrivileges=no\nDevicePolicy=auto\nDeviceAllow=\nRestrictAddressFamilies=\nRestrictNamespaces=no\nRestrictSUIDSGID=no\n");
            text.Append("PrivateTmp=no\nProtectHome=no\nProtectControlGroups=no\nProtectKernelModules=no\nProtectSystem=no\n");
        }

        // Without any it still says that the tunnel is a service: the template goes with the last of these.
        return text.ToString();
    }

    private static void AppendServing(StringBuilder text, ServiceOptions options, IReadOnlyList<string> engine)
    {
        text.Append("# Others join it: it is made of its state, and there is no file that a reload could read anew.\n");
        text.Append($"ExecStart=\nExecStart={CommandLine(engine)} {ServeVerb} {Tunnel} --foreground ${OptionsVariable}\nExecReload=\n");
        if (options.StateDirectory is { } above)
            text.Append($"Environment={Quote($"{Configuration.ServedLocation.DirectoryVariable}={above}")}\nProtectHome=no\nReadWritePaths={Quote("-" + above)}\n");
        else
            text.Append($"StateDirectory={Quote($"{Path.GetFileName(Configuration.ServedLocation.DefaultDirectory)}/{options.Tunnel}")}\nStateDirectoryMode=0700\n");
    }

    /// <summary>The options in such a text, for people; of another text, its path.</summary>
    public static string OptionsIn(string text, string path)
    {
        const string Begin = $"Environment=\"{OptionsVariable}=";
        if (!text.StartsWith(Header, StringComparison.Ordinal))
            return path;
        var lines = text.Split('\n');
        var words = lines.FirstOrDefault(line => line.StartsWith(Begin, StringComparison.Ordinal))?[Begin.Length..].TrimEnd('"').Replace("%%", "%", StringComparison.Ordinal);
        return Serves(text)
            ? $"{ServeVerb} {words}".TrimEnd()
            : words ?? "none";
    }

    /// <summary>Whether such a text is that of a tunnel that others join.</summary>
    public static bool Serves(string text) => text.StartsWith(Header, StringComparison.Ordinal)
        && text.Split('\n').Any(line => line.StartsWith("ExecStart=", StringComparison.Ordinal) && line.Contains($" {ServeVerb} ", StringComparison.Ordinal));

    private static string CommandLine(IReadOnlyList<string> command) => string.Join(' ', command.Select(word => Quote(word).Replace("$", "$$")));

    /// <summary>A word of a unit file, of which nothing is taken for more than itself.</summary>
    private static string Quote(string word) =>
        '"' + word.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("%", "%%") + '"';
}
