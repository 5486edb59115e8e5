using System.Diagnostics;

namespace WireGuard.Tests.Paths;

/// <summary>tcpdump(8) on a link, its verbose text line by line.</summary>
internal sealed class PacketCapture : IDisposable
{
    private readonly List<string> _lines = [];
    private readonly Process _process;

    public PacketCapture(NetworkNamespace netns, string link, params string[] filter)
    {
        var isListening = new ManualResetEventSlim();
        _process = netns.Start("tcpdump", ["-i", link, "-nn", "-v", "-l", "--immediate-mode", .. filter]);
        _process.OutputDataReceived += (_, line) =>
        {
            lock (_lines)
                _lines.Add(line.Data ?? "");
        };
        _process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data?.Contains("listening on", StringComparison.Ordinal) == true)
                isListening.Set();
        };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Assert.True(isListening.Wait(TimeSpan.FromSeconds(20)), "tcpdump listens");
    }

    /// <summary>All that was captured, a packet's lines joined; such packets begin with "IP".</summary>
    public string[] Packets
    {
        get
        {
            string text;
            lock (_lines)
                text = string.Join('\n', _lines);
            return text.Replace("\n    ", " ", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
    }

    /// <summary>Waits for a packet with all of these words.</summary>
    public void Await(params string[] words) =>
        Eventually.True(() => Packets.Any(packet => words.All(packet.Contains)), $"a packet with {string.Join(" and ", words)}; seen:\n{string.Join('\n', Packets)}");

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
    }
}
