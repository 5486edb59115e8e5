namespace WireGuard.Tests.Interop;

/// <summary>What a test with real programs in network namespaces needs.</summary>
internal static class InteropRequirement
{
    public const string WireGuardGo = "wireguard-go";

    /// <summary>wg-quick takes a userspace implementation only where the kernel has none.</summary>
    public const string UserspaceWgQuick = "wg-quick";

    public const string Tcpdump = "tcpdump";

    public const string Nft = "nft";

    /// <summary>conntrack(8), to look at mappings and to forget them.</summary>
    public const string ConnectionTracking = "conntrack";

    /// <summary>Names another executable than this source tree's.</summary>
    public const string EngineVariable = "WIREGUARD_ENGINE";

    private static readonly Lazy<bool> s_kernelHasWireGuard = new(TryKernel);
    private static readonly Lazy<bool> s_kernelHasNat = new(TryNat);

    /// <summary>out/engine/wireguard-engine of this source tree, or what WIREGUARD_ENGINE names; null: neither is there.</summary>
    public static string? Engine { get; } = FindEngine();

    /// <summary>What is missing, or null.</summary>
    public static string? Missing(string[] programs)
    {
        if (RootRequirement.Missing is { } missing)
            return missing;
        if (Engine is null)
            return $"needs the engine's executable (./build.sh build, or {EngineVariable})";
        foreach (var program in programs.Prepend("ping").Prepend("wg"))
        {
            if (FindOnPath(program) is null)
                return $"needs {program}";
        }

        if (programs.Contains(UserspaceWgQuick) && s_kernelHasWireGuard.Value)
            return "wg-quick uses this kernel's own WireGuard";
        return programs.Contains(Nft) && !s_kernelHasNat.Value ? "this kernel has no NAT (nf_tables, nf_conntrack)" : null;
    }

    private static string? FindEngine()
    {
        if (Environment.GetEnvironmentVariable(EngineVariable) is { Length: > 0 } chosen)
            return File.Exists(chosen) ? Path.GetFullPath(chosen) : null;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "WireGuardPS.sln")))
                return Path.Combine(folder.FullName, "out", "engine", "wireguard-engine") is var built && File.Exists(built) ? built : null;
        }

        return null;
    }

    private static string? FindOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Append("/sbin")
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);

    private static bool TryNat()
    {
        using var netns = NetworkNamespace.Create();
        return netns.TryRun("nft", "add table ip t; add chain ip t c { type nat hook postrouting priority 100; }; add rule ip t c masquerade").ExitCode == 0
            && File.Exists("/proc/sys/net/netfilter/nf_conntrack_udp_timeout");
    }

    private static bool TryKernel()
    {
        using var netns = NetworkNamespace.Create();
        return ProcessResult.Run("ip", ["-n", netns.Name, "link", "add", "wg0", "type", "wireguard"]).ExitCode == 0;
    }
}
