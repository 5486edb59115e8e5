using WireGuard.Api;
using WireGuard.Engine.Device;
using WireGuard.Engine.Diagnostics;

namespace WireGuard.Engine.Control;

public sealed record ControlServerOptions
{
    /// <summary>Null: <see cref="ControlProtocol.Directory"/>.</summary>
    public string? Directory { get; init; }

    /// <summary>Null: root and the engine's own user.</summary>
    public AccessPolicy? Access { get; init; }

    public SocketServerLimits Limits { get; init; } = new();

    /// <summary>Requests and answers.</summary>
    public int MaxLineBytes { get; init; } = ControlProtocol.MaxLineBytes;

    /// <summary>
    /// Events that wait for a client to read them; one more and it is disconnected. Large enough for the burst when
    /// thousands of peers are configured at once; a few MiB at the worst.
    /// </summary>
    public int EventQueueLength { get; init; } = 16 * 1024;

    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>The control socket: newline-delimited JSON-RPC 2.0, docs/control-protocol.md.</summary>
public sealed class ControlServer : SocketServer
{
    private readonly IDeviceControl _device;
    private readonly ITunnelContext _context;
    private readonly ControlServerOptions _options;
    private readonly ControlMethods _methods;
    private readonly EventStream _events;
    private readonly Lazy<byte[]> _greeting;

    /// <summary>Opens the socket; nobody is served before <see cref="Start"/>.</summary>
    /// <exception cref="UnixSocketException">The socket cannot be opened.</exception>
    public ControlServer(IDeviceControl device, ITunnelContext context, ControlServerOptions? options = null, EngineLog? log = null)
        : this(device, context, options ??= new ControlServerOptions(), log ?? EngineLog.None, Listen(context, options))
    {
    }

    private ControlServer(IDeviceControl device, ITunnelContext context, ControlServerOptions options, EngineLog log, UnixSocketListener listener)
        : base(listener, options.Access, options.Limits, options.Time, log)
    {
        _device = device;
        _context = context;
        _options = options;
        _methods = new ControlMethods(device, context, options.Time);
        _events = new EventStream(context.TunnelName, options.EventQueueLength, options.Time);
        // The serialiser takes milliseconds to get going, which a start can do without.
        _greeting = new(() => RpcText.Notification(
            ControlProtocol.Methods.Greeting,
            new Greeting(ControlProtocol.Version, TunnelDescriber.EngineVersion, context.TunnelName, Environment.ProcessId),
            ControlJsonContext.Default.Greeting));
    }

    public override void Start()
    {
        _device.EventRaised += _events.Publish;
        _context.EventRaised += _events.Publish;
        base.Start();
    }

    public override async ValueTask DisposeAsync()
    {
        _device.EventRaised -= _events.Publish;
        _context.EventRaised -= _events.Publish;
        await base.DisposeAsync();
        _methods.Dispose();
    }

    private protected override ReadOnlySpan<byte> DenialText => Farewell(ControlErrorCode.AccessDenied, "Only root, the engine's own user and members of the control group, if there is one, may connect.");

    private protected override ReadOnlySpan<byte> FullText => Farewell(ControlErrorCode.InternalError, "Too many clients are connected.");

    private protected override async Task ServeAsync(ClientConnection client)
    {
        using var session = new ControlSession(client, _methods, _events, _options, Log);
        await session.RunAsync(_greeting.Value);
    }

    private static byte[] Farewell(ControlErrorCode code, string message)
    {
        using var text = RpcText.Error([], new ControlException(code, message));
        return text.Written.ToArray();
    }

    private static UnixSocketListener Listen(ITunnelContext context, ControlServerOptions options) =>
        UnixSocketListener.Bind(UnixSocketListener.PathFor(options.Directory ?? ControlProtocol.Directory, context.TunnelName), options.Access?.Group);
}
