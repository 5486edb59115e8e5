using System.Diagnostics;

namespace WireGuard.Tests.Interop;

/// <summary>
/// An implementation in the form that they all share, `PROGRAM -f IFNAME`, given its keys and peers by wg(8) and its
/// addresses by ip(8).
/// </summary>
internal sealed class BareTunnel : IDisposable
{
    private readonly Host _host;
    private readonly Process _process;
    private readonly PrivateDirectory _files = new();
    private bool _isDisposed;

    private BareTunnel(Host host, Process process)
    {
        _host = host;
        _process = process;
    }

    public int ProcessId => _process.Id;

    /// <param name="launcher">A command that the program's is appended to.</param>
    public static BareTunnel Start(Host host, string program, params string[] launcher)
    {
        string[] command = [.. host.EngineLauncher, .. launcher, program, "-f", host.Interface];
        var process = host.Namespace.Start(command[0], command[1..]);
        var tunnel = new BareTunnel(host, process);
        try
        {
            Eventually.True(() => UapiSocket.IsAnswered(host.Interface) || process.HasExited, $"{program} answers wg");
            if (process.HasExited)
                throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {process.StandardOutput.ReadToEnd()}{process.StandardError.ReadToEnd()}");
            tunnel.Configure();
            return tunnel;
        }
        catch
        {
            tunnel.Dispose();
            throw;
        }
    }

    /// <param name="endpoint">Null: the other end has to speak first.</param>
    public void SetPeer(Host other, string? endpoint, string? presharedKey, int keepalive = 0)
    {
        List<string> arguments = ["set", _host.Interface, "peer", other.Keys.PublicKey, "allowed-ips", $"{other.InnerIPv4}/32,{other.InnerIPv6}/128"];
        if (endpoint is not null)
            arguments.AddRange(["endpoint", endpoint]);
        if (presharedKey is not null)
            arguments.AddRange(["preshared-key", _files.Write("psk", presharedKey)]);
        if (keepalive > 0)
            arguments.AddRange(["persistent-keepalive", $"{keepalive}"]);
        _host.Namespace.Run("wg", [.. arguments]);
    }

    public void WaitForExit() => Eventually.True(() => _process.HasExited, $"process {_process.Id} ends");

    /// <summary>Ends it in its own time, so that it takes its sockets with it. Safe to call twice.</summary>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        if (!_process.HasExited)
        {
            Signals.Send(_process.Id, Signals.Terminate);
            if (!_process.WaitForExit(TimeSpan.FromSeconds(10)))
                _process.Kill();
        }

        _files.Dispose();
    }

    private void Configure()
    {
        _host.Namespace.Run("wg", "set", _host.Interface, "private-key", _files.Write("key", _host.Keys.PrivateKey), "listen-port", $"{_host.ListenPort}");
        Assert.Equal(_host.Keys.PublicKey, _host.WgShow("public-key").Single().Single());
        _host.Namespace.Ip("addr", "add", $"{_host.InnerIPv4}/24", "dev", _host.Interface);
        _host.Namespace.Ip("addr", "add", $"{_host.InnerIPv6}/64", "dev", _host.Interface, "nodad");
        _host.Namespace.Ip("link", "set", _host.Interface, "up");
    }
}
