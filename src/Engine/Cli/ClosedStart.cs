using System.Net.Sockets;
using WireGuard.Api;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.HostNetwork;
using WireGuard.Engine.Hosting;
using WireGuard.Engine.Hosting.Linux;

namespace WireGuard.Engine.Cli;

/// <summary>
/// Before a start with a kill switch does anything, one that was left closed is closed, whatever somebody else has made of it: a
/// file with errors must not leave the host open.
/// </summary>
internal static class ClosedStart
{
    /// <param name="target">What is to be started.</param>
    /// <returns>What there is to tell of it, a sentence each.</returns>
    public static IReadOnlyList<string> CloseAgain(string target, StartChoices choices)
    {
        if (!choices.Host.KillSwitch)
            return [];
        var log = new SentenceLog();
        try
        {
            DeadEngine.CloseAgain(TunnelFile.Locate(target).Name, ControlProtocol.Directory, choices.Host, log);
        }
        catch (Exception failure) when (failure is StartException or HostNetworkException or SocketException)
        {
            // The start itself says so.
        }

        return log.Sentences;
    }

    /// <summary>Whoever hears that the start has failed hears that, too.</summary>
    public static StartException With(StartException failure, IReadOnlyList<string> told) =>
        told.Count == 0 ? failure : new StartException(failure.Id, $"{failure.Message}\nBesides, {string.Join("; ", told)}.", failure);

    private sealed class SentenceLog : EngineLog
    {
        private readonly List<string> _sentences = [];

        public IReadOnlyList<string> Sentences => _sentences;

        protected override void Write(LogLevel level, string message)
        {
            if (level <= LogLevel.Warning)
                _sentences.Add(message);
        }
    }
}
