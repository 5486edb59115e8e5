using System.Net;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Control;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Device;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Enrollment;
using WireGuard.Engine.HostNetwork;
using WireGuard.Engine.Lanes;
using WireGuard.Engine.Tun;

namespace WireGuard.Engine.Hosting;

/// <summary>
/// One running tunnel: sockets, TUN, device, addresses and routes, put together in that order and taken apart in the
/// other. <see cref="Start"/> gives a tunnel that is ready or nothing at all. One thread starts, waits and disposes;
/// <see cref="RequestStop(string, EndCause)"/> may come from any.
/// </summary>
public sealed partial class TunnelHost : IDisposable
{
    private readonly TunnelHostOptions _options;
    private readonly ITunnelPlatform _platform;
    private readonly TransportAead _aead;
    private readonly UndoStack _undo;
    private readonly EndpointResolver _resolver;
    private readonly TaskCompletionSource<string> _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Not disposed of: an end may be asked for at any time.
    private readonly CancellationTokenSource _ended = new();
    private readonly List<string> _warnings = [];
    private WireGuardDevice? _device;
    private LaneGroup? _lanes;
    private IHostNetwork? _network;
    private EnrollmentHost? _enrollment;
    private readonly Lock _ending = new();
    private volatile EndCause _cause;

    /// <summary>A kill switch outlives an end that nobody wanted; a failed start leaves it as it was.</summary>
    private bool _staysClosed;

    /// <summary>By an engine before this one, wherever its interface was.</summary>
    private bool _wasClosed;
    private readonly DeviceGate _gate = new();
    private readonly ConfiguredEndpoints _endpoints = new();

    private volatile bool _isUp;

    private TunnelHost(TunnelHostOptions options, ITunnelPlatform platform, TransportAead aead)
    {
        _options = options;
        _platform = platform;
        _aead = aead;
        _undo = new UndoStack(options.Log);
        _resolver = new EndpointResolver(options.Log, options.Time, options.EndpointRetries, options.LookUp, options.Progress);
        StartedAt = options.Time.GetUtcNow();
        ConfigPath = options.Config?.Path;
    }

    /// <summary>What whoever has started it should know.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>For tests.</summary>
    internal IDeviceControl Device => _device!;

    private EngineLog Log => _options.Log;

    /// <summary>Brings the tunnel up; when it returns, it carries packets and answers on both sockets.</summary>
    /// <exception cref="StartException">Why not; nothing is left behind.</exception>
    public static TunnelHost Start(TunnelHostOptions options, ITunnelPlatform platform, TransportAead aead, CancellationToken cancel)
    {
        var host = new TunnelHost(options, platform, aead);
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, host._ended.Token);
            host.BringUp(either.Token);
            return host;
        }
        catch (Exception failure)
        {
            host.Dispose();
            if (failure is OperationCanceledException && host._stop.Task.IsCompleted)
                throw new StartException(StartErrorId.EngineFailed, $"The tunnel was ended before it was ready: {host.WaitForStop()}.{StartErrors.WhatItWaitedFor(failure)}", failure);
            throw StartErrors.From(failure);
        }
        finally
        {
            options.Config?.Dispose();
        }
    }

    /// <summary>Somebody wants the end; else it came about, and whoever watches over the tunnel may start it again.</summary>
    public bool IsEndAskedFor => _cause != EndCause.Happened;

    /// <summary>Waits until something asks for the end and returns what it was.</summary>
    public string WaitForStop() => _stop.Task.GetAwaiter().GetResult();

    /// <summary>Asks for the end, of a start too; the first reason counts.</summary>
    public void RequestStop(string reason, EndCause cause = EndCause.Wanted)
    {
        // Before the result, which the ending thread waits for. Once wanted, nothing takes it back.
        lock (_ending)
            _cause = cause > _cause ? cause : _cause;
        if (!_stop.TrySetResult(reason))
            return;
        _ended.Cancel();
        Log.Verbose($"asked to end: {reason}");
    }

    /// <summary>Undoes everything, the sockets last.</summary>
    public void Dispose() => _undo.Dispose();

    private void BringUp(CancellationToken cancel)
    {
        Sodium.EnsureReady();
        // The JIT takes tens of milliseconds for the bulk kernels; on another core they cost nothing. What single packets take,
        // as the first ones are, is ready when the tunnel is; what batches take comes right after, and a batch that is there
        // before waits for the rest of it only.
        var warming = Task.Run(() => TransportAeadFactory.WarmAlone(_aead), CancellationToken.None);
        _ = warming.ContinueWith(_ => TransportAeadFactory.WarmBatches(_aead), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
        var gate = _gate;
        if (_options.Enrollment is { } served)
            _undo.Own("close the state of enrollments", served);
        // When the sockets are gone too, nothing of this engine comes after it.
        _undo.Push("look at the kill switch for the last time", CloseAgain);
        var servers = ClaimSockets(gate);
        if (_options.Config is not null)
        {
            OpenHost();
            // Whatever a command does, a kill switch that stays closed is watched until then.
            _undo.Push("run PostDown", () => RunHooksOfEnd(HookPoint.PostDown));
        }

        (_device, _lanes) = CreateDevice();
        gate.Open(_device);
        _device.EventRaised += Tell;
        cancel.ThrowIfCancellationRequested();

        if (_options.Config is { } config)
        {
            // Names can take minutes to resolve; whoever asks meanwhile is answered, and may stop it.
            Serve(servers);
            RunHooks(HookPoint.PreUp, cancel);
            Configure(config, cancel);
            StartEnrollment();
            // Before the link is: a port that is taken is an error of the start, not an event afterwards.
            _device.Up();
        }

        _device.Start();
        _lanes.Start();
        if (_options.Config is { } settings)
            ConfigureHost(settings);
        warming.Wait(cancel);
        using var snapshot = _device.Snapshot();
        // Most steps do not look: whoever asked for the end during the last one gets it too.
        cancel.ThrowIfCancellationRequested();
        gate.TakeChanges(ApplyUnlessServed);
        RunHooks(HookPoint.PostUp, cancel);
        if (_options.Config is { Interface.SaveConfig: true })
            _undo.Push("save the configuration", SaveAtEnd);
        _undo.Push("run PreDown", () => RunHooksOfEnd(HookPoint.PreDown));
        // This one is closed where the tunnel is now.
        if (_wasClosed && _network!.TakeBackElsewhere() > 0)
            _warnings.Add("the kill switch that an engine before this one had left closed in another network namespace is open now: the tunnel is not there any more");
        _staysClosed = _isUp = true;
        if (_options.Config is not null)
            _undo.Own("stop looking endpoints up", new EndpointWatch(_device, _endpoints, _changing, _resolver, _options.Time, Log));
        else
            Serve(servers);
        Log.Information($"ready, port {snapshot.ListenPort}, {CountText.Of(snapshot.Peers.Count, "peer")}");
    }

    private SocketServer[] ClaimSockets(DeviceGate gate)
    {
        var access = PeerCredentials.RootAndSelf(_options.ControlGroup);
        SocketServer[] servers =
        [
            Claim("close the UAPI socket", new UapiServer(gate, new UapiServerOptions
            {
                Tunnel = _options.Name,
                Directory = _options.UapiDirectory,
                ListeningDescriptor = _options.UapiDescriptor,
                Access = access,
                Time = _options.Time,
            }, Log)),
            Claim("close the control socket", new ControlServer(gate, this, new ControlServerOptions
            {
                Directory = _options.ControlDirectory,
                Access = access,
                Time = _options.Time,
            }, Log)),
        ];
        return servers;
    }

    private static void Serve(SocketServer[] servers)
    {
        foreach (var server in servers)
            server.Start();
    }

    private T Claim<T>(string undoing, T server)
        where T : SocketServer
    {
        _undo.Push(undoing, () => server.DisposeAsync().AsTask().GetAwaiter().GetResult());
        server.SocketFileRemoved += () => RequestStop($"{server.SocketPath} was removed", EndCause.Happened);
        return server;
    }

    private (WireGuardDevice Device, LaneGroup Lanes) CreateDevice()
    {
        var tun = _platform.OpenTun(_options.Name, _options.Config?.Interface.Mtu, _options.TunDescriptor, _options.Queues, Log);
        try
        {
            if (tun.Name != _options.Name)
                throw new StartException(StartErrorId.EngineFailed, $"The TUN device that was handed over is {tun.Name}, not {_options.Name}.");
            tun.Changed += change =>
            {
                if (change == TunEvent.Removed)
                    RequestStop("the interface was removed", EndCause.Happened);
            };
            var bind = _platform.CreateBind(tun.Queues.Count, Log);
            var device = _undo.Own("close the device", new WireGuardDevice(new DeviceOptions
            {
                Name = _options.Name,
                Tun = tun,
                Bind = bind,
                Aead = _aead,
                TimeProvider = _platform.Clock,
                Log = Log,
            }));
            List<ILaneIo> io = [];
            for (var lane = 0; lane < tun.Queues.Count; lane++)
                io.Add(_platform.CreateLane(tun.Queues[lane], bind.Sockets[lane]));
            return (device, _undo.Own("stop the lanes", new LaneGroup(device, io)));
        }
        catch
        {
            tun.Dispose();
            throw;
        }
    }

    private void Configure(TunnelConfig config, CancellationToken cancel)
    {
        // Names could not be looked up behind a kill switch that an engine before this one has left closed.
        var isInTheWay = _wasClosed && _options.Choices.KillSwitch && config.Peers.Any(p => p.Endpoint is { Literal: null });
        if (isInTheWay)
            _network!.LetLookUpsPass(_options.Choices, pass: true);
        var endpoints = LookUpEndpoints(config, cancel);
        if (isInTheWay)
            _network!.LetLookUpsPass(_options.Choices, pass: false);
        using var change = TunnelChange.From(config, endpoints);
        _device!.Apply(change);
    }

    // Who has joined is known before the port is open, so that nobody's first handshake is refused.
    private void StartEnrollment()
    {
        if (_options.Enrollment is not { } setup)
            return;
        var guest = _device!.Admit(EnrollmentFormat.FirstByte, EnrollmentFormat.MaxSize);
        _enrollment = new EnrollmentHost(setup, guest, ApplyForClient, _device.Snapshot, happened => EventRaised?.Invoke(happened), _platform.Clock, _options.Time, Log);
        _undo.Own("stop taking enrollments", _enrollment);
        _enrollment.Start();
    }

    private Dictionary<PublicKey, IPEndPoint> LookUpEndpoints(TunnelConfig config, CancellationToken cancel)
    {
        var endpoints = new Dictionary<PublicKey, IPEndPoint>();
        foreach (var peer in config.Peers)
        {
            if (peer.Endpoint is { } endpoint)
                endpoints[peer.PublicKey] = _resolver.ResolveAsync(endpoint, cancel).GetAwaiter().GetResult();
            _endpoints.Set(peer.PublicKey, peer.Endpoint);
        }

        return endpoints;
    }

    private void ConfigureHost(TunnelConfig config)
    {
        using var snapshot = _device!.Snapshot();
        var settings = new HostNetworkSettings(
            _options.Name,
            config.Interface.Addresses,
            config.Interface.Mtu,
            config.Peers is [var only] ? only.AllowedIPs : [.. config.Peers.SelectMany(p => p.AllowedIPs)],
            config.Interface.Table)
        {
            Endpoints = EndpointsOf(snapshot),
            FwMark = config.Interface.FwMark ?? 0,
            UseMark = UseMark,
            DnsServers = config.Interface.DnsServers,
            DnsSearchDomains = config.Interface.DnsSearchDomains,
            Choices = _options.Choices,
            Warn = _warnings.Add,
        };
        _network!.Apply(settings);
        _undo.Push("undo addresses and routes", () => _network.Undo(_staysClosed && _cause != EndCause.Wanted));
        _settings = settings;
    }

    /// <summary>The socket of that name is ours, so that whoever wrote down what is left to undo is dead.</summary>
    private void OpenHost()
    {
        _network = _undo.Own("close the host's network", _platform.CreateNetwork(_options.Name, _options.ControlDirectory, Log));
        _wasClosed = _network.HasKillSwitch || _network.HasKillSwitchElsewhere;
        _staysClosed = _options.Choices.KillSwitch && _network.HasKillSwitch;
        if (_wasClosed && !_options.Choices.KillSwitch)
            _warnings.Add("the kill switch that an engine before this one had left closed is open now: this start did not ask for it");
        if (_network.TakeBackLeftovers(_options.Choices.KillSwitch ? _options.Choices : null) is > 0 and var count)
            Log.Warning($"took back {CountText.Of(count, "change")} to the host that an engine of this name had left behind");
        if (_wasClosed && _options.Choices.KillSwitch)
            _undo.Push("leave the kill switch", LeaveKillSwitch);
    }

    /// <summary>Of the engine before this one, when this one's own is gone or has never been: opened by word only.</summary>
    private void LeaveKillSwitch()
    {
        if (_cause == EndCause.Wanted)
            _ = _network!.TakeBackLeftovers();
        else
            _network!.LetLookUpsPass(_options.Choices, pass: false);
    }

    private void CloseAgain()
    {
        if (_options.Choices.KillSwitch && (_staysClosed || _wasClosed) && _cause != EndCause.Wanted)
            _platform.CloseAgain(_options.Name, _options.ControlDirectory, _options.Choices, Log);
    }

    private void UseMark(uint mark)
    {
        using var change = new DeviceChange { FwMark = mark };
        try
        {
            _device!.Apply(change);
        }
        catch (DeviceChangeException refused)
        {
            throw new HostNetworkException($"setting the mark of {_options.Name} to 0x{mark:x}", refused.Message, refused);
        }
    }

    private void Tell(DeviceEvent happened)
    {
        // Of a tunnel that others join, what a stranger calls itself.
        var peer = happened.PeerName is { } name ? EnrollmentWords.Quote(name) : happened.Peer?.ToString();
        switch (happened.Kind)
        {
            case DeviceEventKind.HandshakeCompleted when Log.IsEnabled(LogLevel.Verbose):
                Log.Verbose($"handshake with {peer}");
                break;
            case DeviceEventKind.EndpointMoved when Log.IsEnabled(LogLevel.Verbose):
                Log.Verbose($"{peer} is now at {happened.Detail}");
                break;
            // Those of a start are counted when it is ready: thousands would be the whole log.
            case DeviceEventKind.PeerAdded when !_isUp:
                if (Log.IsEnabled(LogLevel.Verbose))
                    Log.Verbose($"peer {peer} added");
                break;
            case DeviceEventKind.PeerAdded or DeviceEventKind.PeerRemoved:
                Log.Information($"peer {peer} {(happened.Kind == DeviceEventKind.PeerAdded ? "added" : "removed")}");
                break;
        }
    }
}
