using WireGuard.Api;

namespace WireGuard.Configuration;

/// <summary>What has no effect, or none unless the start says so: it is named, never ignored in silence.</summary>
public static class ConfigSupport
{
    private const string HooksNeedConsent = "hooks run only when the start allows it (--allow-hooks, -AllowHook), from a file that root alone can write";

    /// <summary>A warning ("NotSaved") that SaveConfig will have no effect.</summary>
    /// <param name="why">A clause.</param>
    public static ConfigDiagnostic NotSaved(TunnelConfig config, string why)
    {
        ArgumentNullException.ThrowIfNull(config);
        var place = config.Interface.Positions["SaveConfig"];
        return new ConfigDiagnostic(ConfigSeverity.Warning, "NotSaved", $"SaveConfig has no effect, because {why}.", config.Path, place.Line, place.Column);
    }

    /// <summary>A warning ("OwnPublicKey") of a peer that is the tunnel itself.</summary>
    /// <param name="own">The public key that belongs to the file's private one.</param>
    public static IReadOnlyList<ConfigDiagnostic> OwnPeer(TunnelConfig config, PublicKey own)
    {
        ArgumentNullException.ThrowIfNull(config);
        var diagnostics = new DiagnosticBag(config.Path);
        foreach (var peer in config.Peers.Where(peer => peer.PublicKey == own))
            diagnostics.Warning("OwnPublicKey", peer.Positions["PublicKey"], "This is the tunnel's own public key, so the peer is left out; a peer has the other end's.");
        return diagnostics.ToList();
    }

    /// <summary>One warning ("HookNotRun") for each command of a file that is not run.</summary>
    /// <param name="why">A clause: "hooks run only ...".</param>
    public static IReadOnlyList<ConfigDiagnostic> HooksNotRun(TunnelConfig config, string why = HooksNeedConsent)
    {
        ArgumentNullException.ThrowIfNull(config);
        var diagnostics = new DiagnosticBag(config.Path);
        var section = config.Interface;
        foreach (var (key, commands) in new[] { ("PreUp", section.PreUp), ("PostUp", section.PostUp), ("PreDown", section.PreDown), ("PostDown", section.PostDown) })
        {
            for (var index = 0; index < commands.Count; index++)
                diagnostics.Warning("HookNotRun", section.Positions[key, index], $"{key} is not run: {why}.");
        }

        return diagnostics.ToList();
    }
}
