using WireGuard.Engine.Cli;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Hosting;
using WireGuard.Tests.Diagnostics;

namespace WireGuard.Tests.Hosting;

/// <summary>A tunnel that runs, the host being one in memory, and a client of its control socket.</summary>
internal sealed class MemoryTunnel : IDisposable
{
    /// <param name="files">Where its sockets are; goes with it.</param>
    /// <param name="options">But for log and sockets.</param>
    public MemoryTunnel(DirectoryInfo files, TunnelHostOptions options)
    {
        Files = files;
        Host = TunnelHost.Start(
            options with
            {
                Log = new CapturingLog(),
                UapiDirectory = Path.Combine(files.FullName, "uapi"),
                ControlDirectory = Path.Combine(files.FullName, "control"),
            },
            Platform,
            TransportAeadFactory.Best,
            default);
        Client = ControlConnection.TryOpen(options.Name, Path.Combine(files.FullName, "control", options.Name + ".sock"))!;
        // Those of the start.
        Platform.Calls.Clear();
    }

    public DirectoryInfo Files { get; }

    public MemoryPlatform Platform { get; } = new();

    public TunnelHost Host { get; }

    public ControlConnection Client { get; }

    public void Dispose()
    {
        Client.Dispose();
        Host.Dispose();
        Files.Delete(recursive: true);
    }
}
