using System.Diagnostics;
using WireGuard.Api;
using WireGuard.Engine.Device;
using WireGuard.Engine.Diagnostics;

namespace WireGuard.Engine.Control;

public sealed record UapiServerOptions
{
    /// <summary>Interface name; the socket is NAME.sock in <see cref="Directory"/>.</summary>
    public required string Tunnel { get; init; }

    public string Directory { get; init; } = ControlProtocol.UapiDirectory;

    /// <summary>WG_UAPI_FD: a socket that listens already, instead of one of our own.</summary>
    public int? ListeningDescriptor { get; init; }

    /// <summary>Null: root and the engine's own user.</summary>
    public AccessPolicy? Access { get; init; }

    public SocketServerLimits Limits { get; init; } = new();

    /// <summary>Longer lines close the connection; the longest that means anything has 110 bytes.</summary>
    public int MaxLineBytes { get; init; } = 4096;

    /// <summary>Longer requests close the connection. 130,560 allowed IPs take 4 to 8 MiB.</summary>
    public int MaxRequestBytes { get; init; } = 64 * 1024 * 1024;

    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>
/// The cross-platform configuration protocol (wireguard.com/xplatform) as wg(8) speaks it: get=1 and set=1, any number
/// of them on a connection, any number of connections at once. A set is read whole, checked whole and applied whole.
/// </summary>
public sealed class UapiServer : SocketServer
{
    private const int ReceiveBufferSize = 16 * 1024;

    // Who may look only has nothing long to say.
    private const int MaxLookBytes = 64 * 1024;

    private readonly IDeviceControl _device;
    private readonly UapiServerOptions _options;

    /// <summary>Opens the socket; nobody is served before <see cref="SocketServer.Start"/>.</summary>
    /// <exception cref="UnixSocketException">The socket cannot be opened.</exception>
    public UapiServer(IDeviceControl device, UapiServerOptions options, EngineLog? log = null)
        : base(Listen(options), options.Access, options.Limits, options.Time, log ?? EngineLog.None)
    {
        _device = device;
        _options = options;
    }

    private protected override async Task ServeAsync(ClientConnection client)
    {
        using var lines = new LineBuffer(ReceiveBufferSize, _options.MaxLineBytes);
        using var parser = new UapiRequestParser();
        using var writer = new UapiResponseWriter(client.SendAsync);
        var requestBytes = 0L;
        var maxRequestBytes = client.Access < ClientAccess.Change ? Math.Min(MaxLookBytes, _options.MaxRequestBytes) : _options.MaxRequestBytes;
        while (true)
        {
            while (lines.TryRead(out var line))
            {
                requestBytes += line.Length + 1;
                if (line.IsEmpty)
                {
                    await ExecuteAsync(parser.Complete(), client, writer);
                    requestBytes = 0;
                }
                else if (line.Length > _options.MaxLineBytes || requestBytes > maxRequestBytes)
                {
                    await writer.WriteErrnoAsync(UapiErrno.Protocol);
                    return;
                }
                else
                {
                    parser.AddLine(line.Span);
                }
            }

            if (lines.IsOverLong)
            {
                await writer.WriteErrnoAsync(UapiErrno.Protocol);
                return;
            }

            var space = lines.GetSpace();
            var isWaiting = lines.IsEmpty && parser.IsAtStart;
            var received = isWaiting ? await client.ReceiveFirstAsync(space) : await client.ReceiveMoreAsync(space, Limits.ReceiveTimeout);
            if (received == 0)
            {
                // Half a request applies nothing. A client that only closed its sending side learns so.
                if (!isWaiting)
                    await writer.WriteErrnoAsync(UapiErrno.Protocol);
                return;
            }

            lines.Received(received);
        }
    }

    private async ValueTask ExecuteAsync(UapiRequest request, ClientConnection client, UapiResponseWriter writer)
    {
        if (request.Errno != 0)
        {
            Log.Warning($"A request on {SocketPath} was refused, {request.Problem}.");
            await writer.WriteErrnoAsync(request.Errno);
        }
        else if (request.Operation == UapiOperation.Get)
        {
            using var snapshot = TakeSnapshot();
            if (snapshot is null)
                await writer.WriteErrnoAsync(UapiErrno.InputOutput);
            else
                await writer.WriteDeviceAsync(snapshot, withKeys: client.Access == ClientAccess.Full);
        }
        else if (client.Access < ClientAccess.Change)
        {
            request.Change?.Dispose();
            Log.Warning($"A change on {SocketPath} was refused: process {client.Client.ProcessId} of user {client.Client.UserId} may look only.");
            await writer.WriteErrnoAsync(UapiErrno.Access);
        }
        else
        {
            await writer.WriteErrnoAsync(Apply(request.Change ?? throw new UnreachableException()));
        }
    }

    private DeviceSnapshot? TakeSnapshot()
    {
        try
        {
            return _device.Snapshot();
        }
        catch (Exception e)
        {
            Log.Error($"A request on {SocketPath} failed: {e.GetType().Name}: {e.Message}");
            return null;
        }
    }

    private int Apply(DeviceChange change)
    {
        using (change)
        {
            try
            {
                _device.Apply(change);
                return UapiErrno.Success;
            }
            catch (DeviceChangeException e)
            {
                Log.Warning($"A request on {SocketPath} was refused: {e.Message}");
                return UapiErrno.From(e.Error);
            }
            catch (ControlException e) when (e.Code == ControlErrorCode.Starting)
            {
                Log.Warning($"A request on {SocketPath} was refused: {e.Message}");
                return UapiErrno.Busy;
            }
            catch (Exception e)
            {
                Log.Error($"A request on {SocketPath} failed: {e.GetType().Name}: {e.Message}");
                return UapiErrno.InputOutput;
            }
        }
    }

    private static UnixSocketListener Listen(UapiServerOptions options)
    {
        var path = UnixSocketListener.PathFor(options.Directory, options.Tunnel);
        return options.ListeningDescriptor is { } descriptor
            ? UnixSocketListener.FromDescriptor(descriptor, path)
            : UnixSocketListener.Bind(path, options.Access?.Group);
    }
}
