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
    private readonly Func<IReadOnlyList<string>> _restore;
    private readonly EngineLog _log;
    private readonly RestorePace _pace = new(TimeProvider.System);
    private NetlinkListener? _listener;

    /// <param name="restore">Sets again what is missing and says so, a sentence each; any thread.</param>
    public FirewallMonitor(Func<IReadOnlyList<string>> restore, EngineLog log) => (_restore, _log) = (restore, log);

    /// <exception cref="LinuxException"/>
    public void Start() => _listener ??= new NetlinkListener(
        "firewall",
        NETLINK_NETFILTER,
        NFNLGRP_NFTABLES,
        Look,
        failure => _log.Error($"whether others take our rules away from the firewall is no longer seen: {failure.Message}"),
        between: _pace.Pause);

    /// <summary>Does not wait, so that who holds what is needed to restore may call it.</summary>
    public void Stop() => _listener?.Stop();

    private bool Look()
    {
        var isFailed = false;
        try
        {
            if (_restore() is { Count: > 0 } restored)
            {
                _pace.Restored();
                foreach (var sentence in restored)
                    _log.Warning(sentence + _pace.Contention);
            }
        }
        catch (HostNetworkException failure)
        {
            isFailed = true;
            _pace.Restored();
            _log.Error($"what somebody else has taken away could not be set again: {failure.Message}");
        }

        // Of the thread that this is.
        if (_listener is { } listener)
            listener.BetweenCalls = _pace.Next();
        return isFailed;
    }
}
