using WireGuard.Api;

namespace WireGuard.Engine.Cli;

/// <summary>
/// What makes a tunnel last no longer than the process that started it, however that ends: the end of standard input
/// stops it, its configuration file goes once it was read, and its directories go when nothing else is in them.
/// </summary>
internal sealed class TemporaryTunnel : IDisposable
{
    private const string StandardInput = "/dev/stdin";

    private readonly string _configPath;

    private TemporaryTunnel(string configPath) => _configPath = configPath;

    /// <summary>Begins to watch standard input, on a descriptor that stays when the standard ones are dropped.</summary>
    public static TemporaryTunnel Enter(string configPath, StopSignals signals)
    {
        var input = new FileStream(StandardInput, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        new Thread(() =>
        {
            using (input)
            {
                while (input.ReadByte() >= 0)
                {
                }
            }

            signals.Request("whoever started it is gone");
        })
        { IsBackground = true, Name = "lifeline" }.Start();
        return new TemporaryTunnel(configPath);
    }

    public void ConfigWasRead() => File.Delete(_configPath);

    public void Dispose()
    {
        File.Delete(_configPath);
        foreach (var directory in new[] { ControlProtocol.Directory, Path.GetDirectoryName(_configPath)! })
        {
            try
            {
                Directory.Delete(directory);
            }
            catch (IOException)
            {
                // Another tunnel has something in it, and takes it along.
            }
        }
    }
}
