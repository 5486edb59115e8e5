using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Cli.Verbs;
using WireGuard.Engine.Control;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Diagnostics;

namespace WireGuard.Engine.Cli.Dsc;

/// <summary>Tunnels: they are when they run. Set starts, changes or ends one.</summary>
internal sealed class TunnelResource : IDscResource<DscTunnel>
{
    public DscTunnel Get(DscTunnel desired)
    {
        if (!TunnelName.IsValid(desired.Name))
            throw new CommandException(ExitCode.Usage, TunnelName.Rule);
        using var engine = ControlConnection.TryOpen(desired.Name);
        return engine is null ? new DscTunnel { Name = desired.Name, Exist = false } : StateOf(engine.GetTunnel());
    }

    public void Check(DscTunnel desired)
    {
        if (desired.Exist == false)
            return;
        using var request = RequestOf(desired, dryRun: true);
        DesiredValues.Check(() => SyncRequestReader.Read(request));
    }

    public IReadOnlyList<string> Compare(DscTunnel desired, DscTunnel actual)
    {
        var wanted = desired.Exist ?? true;
        if (wanted != actual.Exist)
            return ["_exist"];
        if (!wanted)
            return [];
        var different = new List<string>();
        Add("configPath", desired.ConfigPath is { } path && Path.GetFullPath(path) != actual.ConfigPath);
        Add("privateKey", desired.PrivateKey is { } key && PublicKeyOf(key) != actual.PublicKey);
        // 0 is any port, and the engine's own choice of the others.
        Add("listenPort", desired.ListenPort is not 0 && Difference.Of(desired.ListenPort, actual.ListenPort));
        Add("fwMark", Difference.Of(desired.FwMark, actual.FwMark) && (desired.FwMark is not 0 || WouldChange(desired.Name, "FwMark")));
        Add("mtu", Difference.Of(desired.Mtu, actual.Mtu) && (desired.Mtu is not 0 || WouldChange(desired.Name, "Mtu")));
        Add("addresses", Difference.OfAddresses(desired.Addresses, actual.Addresses));
        return different;

        void Add(string property, bool differs)
        {
            if (differs)
                different.Add(property);
        }
    }

    public void Set(DscTunnel desired, DscTunnel actual)
    {
        if (desired.Exist == false)
        {
            DownVerb.Down(desired.Name, EngineLog.None, tell: null, DscMessages.Warning);
            return;
        }

        if (actual.Exist == false)
            Start(desired);
        else
            DemandFile(desired, actual);
        using var request = RequestOf(desired, dryRun: false);
        try
        {
            using var engine = ControlConnection.Open(desired.Name);
            engine.Sync(request);
        }
        catch (CommandException failure) when (actual.Exist == false)
        {
            throw new CommandException(failure.Code, $"{desired.Name} was started, but is not as desired: {failure.Message}", failure);
        }
    }

    public DscTunnel Predict(DscTunnel desired, DscTunnel actual)
    {
        if (desired.Exist == false)
            return Absent(desired);
        if (actual.Exist == false)
            return TunnelForecast.OfStart(desired, DemandName(desired));
        DemandFile(desired, actual);
        using var request = RequestOf(desired, dryRun: true);
        using var engine = ControlConnection.Open(desired.Name);
        return TunnelForecast.OfChange(desired, actual, engine.GetTunnel(), engine.Sync(request).Changes);
    }

    public DscTunnel Absent(DscTunnel desired) => new() { Name = desired.Name, Exist = false };

    public IEnumerable<DscTunnel> Export()
    {
        foreach (var name in ControlConnection.SocketNames())
        {
            using var engine = ControlConnection.TryOpen(name);
            if (engine is not null)
                yield return StateOf(engine.GetTunnel());
        }
    }

    private static void Start(DscTunnel desired)
    {
        var file = DemandName(desired);
        var report = UpVerb.Start(file, StartChoices.None, UpVerb.DefaultTimeout, tell: null);
        if (!report.Ready)
            throw UpVerb.Failure(report);
        foreach (var warning in report.Warnings ?? [])
            DscMessages.Warning(warning);
    }

    private static string DemandName(DscTunnel desired)
    {
        var file = FileOf(desired);
        return TunnelName.TryFromPath(file, out var name) && name == desired.Name
            ? file
            : throw new CommandException(ExitCode.Usage, $"configPath is '{file}', which is the file of another tunnel: that of {desired.Name} is called {desired.Name}.conf.");
    }

    private static SyncRequest RequestOf(DscTunnel desired, bool dryRun) => new()
    {
        Mode = SyncModes.Set,
        DryRun = dryRun,
        PrivateKey = desired.PrivateKey?.Clone(),
        ListenPort = desired.ListenPort,
        FwMark = desired.FwMark,
        Mtu = desired.Mtu,
        Addresses = desired.Addresses,
    };

    // Only the engine knows what its own choice is now.
    private static bool WouldChange(string tunnel, string property)
    {
        using var engine = ControlConnection.Open(tunnel);
        using var request = new SyncRequest
        {
            Mode = SyncModes.Set,
            DryRun = true,
            FwMark = property == "FwMark" ? 0 : null,
            Mtu = property == "Mtu" ? 0 : null,
        };
        return engine.Sync(request).Changes.Any(change => change.Property == property);
    }

    private static void DemandFile(DscTunnel desired, DscTunnel actual)
    {
        if (desired.ConfigPath is { } path && Path.GetFullPath(path) != actual.ConfigPath)
            throw new CommandException(ExitCode.Error, $"{desired.Name} runs with {actual.ConfigPath ?? "no file"}, not with {path}: only a new start could change that.");
    }

    private static string FileOf(DscTunnel desired) => Path.GetFullPath(desired.ConfigPath ?? Path.Combine(ConfigLocation.Directory, desired.Name + TunnelName.FileExtension));

    private static DscTunnel StateOf(TunnelInfo tunnel) => new()
    {
        Name = tunnel.Name,
        Exist = true,
        ConfigPath = tunnel.ConfigPath,
        PublicKey = tunnel.PublicKey,
        ListenPort = tunnel.ListenPort,
        FwMark = tunnel.FwMark,
        Mtu = tunnel.Mtu,
        Addresses = tunnel.Addresses,
    };

    internal static string PublicKeyOf(SecretKey key)
    {
        Span<byte> publicKey = stackalloc byte[PublicKey.Size];
        X25519.PublicKey(publicKey, key.Span);
        return new PublicKey(publicKey).ToString();
    }
}
