using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Cli.Verbs;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Hosting;
using WireGuard.Engine.Hosting.Linux;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.Cli.Demo.Linux;

/// <summary>
/// Two network namespaces joined by a virtual cable, an engine in each, started as `up` starts them but
/// living no longer than the demo, and traffic through the tunnel between. Everything is taken away again at the end,
/// however it comes.
/// </summary>
internal sealed class NamespaceDemo : IDisposable
{
    private const string CableName = "cable0";
    private const ushort Port = 51820;
    private const int Pings = 5;
    private static readonly TimeSpan TransferTime = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(10);

    private readonly UndoStack _undo = new(new ConsoleLog("demo"));
    private readonly TextWriter _output;
    private readonly CancellationToken _cancel;
    private readonly DirectoryInfo _directory;

    public NamespaceDemo(TextWriter output, CancellationToken cancel)
    {
        _output = output;
        _cancel = cancel;
        ProcessCalls.SetFileModeMask(ProcessCalls.OwnerOnlyMask);
        _directory = Directory.CreateTempSubdirectory("wireguard-demo-");
        _undo.Push("delete " + _directory.FullName, DeleteDirectory);
        // The engines and the control connections of this process alike find their sockets there.
        Environment.SetEnvironmentVariable(ControlProtocol.DirectoryVariable, Path.Combine(_directory.FullName, "run"));
    }

    public void Run()
    {
        _output.WriteLine("Two network namespaces, joined by a virtual cable.");
        using var left = new Host("A", 1);
        using var right = new Host("B", 2);
        VethPair.Create(left.Namespace, right.Namespace, CableName);
        left.PlugIn();
        right.PlugIn();

        using (var leftKey = SecretKey.RandomPrivateKey())
        using (var rightKey = SecretKey.RandomPrivateKey())
        {
            StartEngine(left, leftKey, right, rightKey);
            StartEngine(right, rightKey, left, leftKey);
        }

        Ping(left, right);
        var throughput = Transfer(left, right);
        _output.WriteLine();
        DemoReport.WriteTable(_output, [End(left, null), End(right, throughput)], DateTimeOffset.UtcNow);
        _output.WriteLine();
    }

    public void Dispose()
    {
        _undo.Dispose();
        _output.WriteLine("Engines, namespaces and files of the demo are gone again.");
    }

    private void StartEngine(Host host, SecretKey key, Host peer, SecretKey peerKey)
    {
        _cancel.ThrowIfCancellationRequested();
        var path = Path.Combine(_directory.FullName, host.TunnelName + TunnelName.FileExtension);
        WriteConfiguration(path, host, key, peer, peerKey);
        // Pushed first: an engine that is not ready in time may be half there.
        _undo.Push("stop " + host.TunnelName, () => Stop(host.TunnelName));
        var watch = Stopwatch.StartNew();
        var report = host.Namespace.Run(() => DetachedStart.Run(
            host.TunnelName, RunVerb.TemporaryArguments(path), StartTimeout, input => _undo.Own("let go of " + host.TunnelName, input)));
        if (!report.Ready)
            throw UpVerb.Failure(report);
        _output.WriteLine($"Engine {host.Label}: {host.TunnelName}, process {report.ProcessId}, {host.TunnelAddress} behind {host.CableAddress}:{Port}, ready after {watch.ElapsedMilliseconds} ms.");
    }

    private static void WriteConfiguration(string path, Host host, SecretKey key, Host peer, SecretKey peerKey)
    {
        var publicKey = new byte[PublicKey.Size];
        X25519.PublicKey(publicKey, peerKey.Span);
        using var config = new TunnelConfig
        {
            Interface = new InterfaceSection
            {
                PrivateKey = key.Clone(),
                ListenPort = Port,
                Addresses = [new InterfaceAddress(host.TunnelAddress, 24)],
            },
            Peers =
            [
                new PeerSection
                {
                    Name = peer.Label,
                    PublicKey = new PublicKey(publicKey),
                    AllowedIPs = [new IPNetwork(peer.TunnelAddress, 32)],
                    Endpoint = new HostEndpoint(peer.CableAddress.ToString(), Port),
                },
            ],
        };
        using var writer = new StreamWriter(path);
        ConfigWriter.Write(config, writer, ConfigWriteOptions.IncludeSecrets);
    }

    private void Ping(Host from, Host to)
    {
        using var socket = from.Namespace.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Icmp));
        socket.ReceiveTimeout = (int)PingTimeout.TotalMilliseconds;
        var identifier = (ushort)Environment.ProcessId;
        var buffer = new byte[2048];
        for (ushort sequence = 1; sequence <= Pings; sequence++)
        {
            _cancel.ThrowIfCancellationRequested();
            var watch = Stopwatch.StartNew();
            socket.SendTo(EchoMessage.Request(identifier, sequence), new IPEndPoint(to.TunnelAddress, 0));
            int received;
            do
                received = Receive(socket, buffer, to);
            while (!EchoMessage.IsReplyTo(buffer.AsSpan(0, received), identifier, sequence));
            _output.WriteLine($"ping {to.TunnelAddress}: answer {sequence} after {DemoReport.Milliseconds(watch.Elapsed)}{(sequence == 1 ? " (with the handshake)" : "")}");
        }
    }

    private static int Receive(Socket socket, byte[] buffer, Host to)
    {
        try
        {
            return socket.Receive(buffer);
        }
        catch (SocketException failure) when (failure.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
        {
            throw new CommandException(ExitCode.Timeout, $"No answer from {to.TunnelAddress} through the tunnel.", failure);
        }
    }

    /// <summary>Bits a second that arrived.</summary>
    private double Transfer(Host from, Host to)
    {
        using var listener = to.Namespace.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new IPEndPoint(to.TunnelAddress, 0));
        listener.Listen(1);
        using var sender = from.Namespace.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        sender.Connect(listener.LocalEndPoint!);
        using var receiver = listener.Accept();

        var watch = Stopwatch.StartNew();
        var sending = Task.Factory.StartNew(() =>
        {
            var block = new byte[256 * 1024];
            while (watch.Elapsed < TransferTime && !_cancel.IsCancellationRequested)
                sender.Send(block);
            sender.Shutdown(SocketShutdown.Send);
        }, TaskCreationOptions.LongRunning);

        var buffer = new byte[256 * 1024];
        long bytes = 0;
        int length;
        while ((length = receiver.Receive(buffer)) > 0)
            bytes += length;
        var seconds = watch.Elapsed.TotalSeconds;
        sending.Wait(CancellationToken.None);
        _cancel.ThrowIfCancellationRequested();
        var rate = bytes * 8 / seconds;
        _output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"TCP {from.Label} to {to.Label}: {HumanText.Bytes((ulong)bytes)} in {seconds:0.0} s, {DemoReport.Rate(rate)}"));
        return rate;
    }

    private static DemoEnd End(Host host, double? throughput)
    {
        using var connection = ControlConnection.Open(host.TunnelName);
        var tunnel = connection.GetTunnel();
        var peer = tunnel.Peers.Single();
        return new DemoEnd($"{host.Label} ({tunnel.Name})", peer.Endpoint ?? "-", peer.LastHandshake, peer.RxBytes, peer.TxBytes, throughput);
    }

    // The last engine that ends may have done it.
    private void DeleteDirectory()
    {
        if (Directory.Exists(_directory.FullName))
            _directory.Delete(recursive: true);
    }

    private static void Stop(string tunnel)
    {
        using var connection = ControlConnection.TryOpen(tunnel);
        connection?.Stop();
        connection?.WaitForEnd(StopTimeout);
    }

    /// <summary>One end: a namespace and its addresses.</summary>
    private sealed class Host(string label, byte number) : IDisposable
    {
        public NetworkNamespace Namespace { get; } = new();

        public string Label => label;

        /// <summary>UAPI sockets share one directory, so the names must be this process's own.</summary>
        public string TunnelName { get; } = string.Create(CultureInfo.InvariantCulture, $"wgd{Environment.ProcessId}{label.ToLowerInvariant()}");

        public IPAddress CableAddress { get; } = new([192, 0, 2, number]);

        public IPAddress TunnelAddress { get; } = new([10, 77, 0, number]);

        public void PlugIn() => Namespace.Configure(netlink =>
        {
            var cable = netlink.FindLink(CableName) ?? throw new InvalidOperationException("The cable is not there.");
            netlink.AddAddress(cable.Index, new InterfaceAddress(CableAddress, 24));
            netlink.SetUp(cable.Index, true);
        });

        public void Dispose() => Namespace.Dispose();
    }
}
