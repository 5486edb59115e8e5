using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Interop.Linux.Netlink;
using static WireGuard.Engine.Interop.Linux.Netlink.NetfilterConstants;

namespace WireGuard.Engine.HostNetwork;

/// <summary>
/// Hears of changes to nf_tables, in the network namespace that it was made in, and has what somebody else has taken away set again:
/// a reload of the host's own firewall takes everything.
/// </summary>
internal sealed class FirewallMonitor
{
    // From the end of one look to the next: a flush is many changes.
    private static readonly TimeSpan s_betweenLooks = TimeSpan.FromMilliseconds(100);

    private readonly PacedRestore[] _restores;
    private readonly EngineLog _log;
    private NetlinkListener? _listener;

    /// <param name="restores">Each sets again what is missing of its own and says so, a sentence each; any thread. None waits for another's pace.</param>
    public FirewallMonitor(EngineLog log, params IEnumerable<Func<IReadOnlyList<string>>> restores) =>
        (_restores, _log) = ([.. restores.Select(restore => new PacedRestore(restore, log, TimeProvider.System))], log);

    /// <exception cref="LinuxException"/>
    public void Start() => _listener ??= new NetlinkListener(
        "firewall",
        NETLINK_NETFILTER,
        NFNLGRP_NFTABLES,
        Look,
        failure => _log.Error($"whether others take our rules away from the firewall is no longer seen: {failure.Message}"),
        between: s_betweenLooks);

    /// <summary>Does not wait, so that who holds what is needed to restore may call it.</summary>
    public void Stop() => _listener?.Stop();

    private bool Look()
    {
        var again = false;
        foreach (var restore in _restores)
            again |= restore.Run();
        return again;
    }
}
