using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using WireGuard.Api;
using WireGuard.Engine.Control;
using WireGuard.Engine.Hosting.Linux;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.Cli;

/// <summary>
/// A verb's connection to a running engine: one request at a time, answers awaited. Blocking: a command has nothing
/// else to do.
/// </summary>
internal sealed class ControlConnection : IDisposable
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SyncTimeout = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan ProcessPollInterval = TimeSpan.FromMilliseconds(2);

    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly StreamReader _reader;
    private int _lastId;
    private int _engineProcess;

    private ControlConnection(string path)
    {
        _socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            _socket.Connect(new UnixDomainSocketEndPoint(path));
            _socket.ReceiveTimeout = _socket.SendTimeout = (int)AnswerTimeout.TotalMilliseconds;
        }
        catch
        {
            _socket.Dispose();
            throw;
        }

        _stream = new NetworkStream(_socket, ownsSocket: true);
        _reader = new StreamReader(_stream);
    }

    /// <summary>Names of the tunnels whose engines leave a socket in the directory, running or not.</summary>
    public static IReadOnlyList<string> SocketNames() => Directory.Exists(ControlProtocol.Directory)
        ? [.. Directory.EnumerateFiles(ControlProtocol.Directory, "*.sock").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>Null when no engine listens there.</summary>
    /// <exception cref="CommandException">No permission, or it speaks another protocol.</exception>
    public static ControlConnection? TryOpen(string tunnel) => TryOpen(tunnel, ControlProtocol.SocketPath(tunnel));

    internal static ControlConnection? TryOpen(string tunnel, string path)
    {
        ControlConnection? connection = null;
        try
        {
            connection = new ControlConnection(path);
            connection.ReadGreeting();
            return connection;
        }
        catch (SocketException failure) when (failure.SocketErrorCode == SocketError.AccessDenied)
        {
            throw new CommandException(ExitCode.NoPermission, $"No permission to speak to the engine of {tunnel}. Are you root?", failure);
        }
        catch (SocketException)
        {
            return null;
        }
        catch (EngineHungUpException)
        {
            // It ended before it greeted.
            connection?.Dispose();
            return null;
        }
        catch
        {
            connection?.Dispose();
            throw;
        }
    }

    /// <exception cref="CommandException">No engine of that name, no permission.</exception>
    public static ControlConnection Open(string tunnel) =>
        TryOpen(tunnel) ?? throw new CommandException(
            ExitCode.NotFound,
            $"No tunnel {tunnel} is running{DeadEngine.FindKillSwitch(tunnel) switch
            {
                null => "",
                { IsClosed: true, Place: var place } => $"; its kill switch is closed, and nothing leaves {place} until `down {tunnel}` or a start",
                { IsClosed: false, Place: var place } => $"; its kill switch was left closed, but somebody else has taken it out of the firewall since: it is OPEN, and what leaves {place} leaves around the tunnel until a start with --kill-switch",
                { Place: var place } => $"; its kill switch was left closed, and whether something leaves {place} now cannot be seen from here; `down {tunnel}` opens it",
            }}.");

    public TunnelInfo GetTunnel() => Call(ControlProtocol.Methods.TunnelGet, ControlJsonContext.Default.TunnelInfo);

    /// <summary>With the private key and preshared keys.</summary>
    public TunnelInfo GetTunnelWithSecrets() =>
        Call(ControlProtocol.Methods.TunnelGet, ControlJsonContext.Default.TunnelInfo, new TunnelQuery { IncludeSecrets = true }, ControlJsonContext.Default.TunnelQuery);

    public PeerInfo AddPeer(PeerChangeRequest peer) => Change(ControlProtocol.Methods.PeerAdd, peer);

    public PeerInfo SetPeer(PeerChangeRequest peer) => Change(ControlProtocol.Methods.PeerSet, peer);

    public PeerInfo RemovePeer(string publicKey) =>
        Call(ControlProtocol.Methods.PeerRemove, ControlJsonContext.Default.PeerInfo, new PeerRemoveRequest(publicKey), ControlJsonContext.Default.PeerRemoveRequest);

    /// <summary>Names may have to be looked up for it.</summary>
    public SyncResult Sync(SyncRequest request)
    {
        _socket.ReceiveTimeout = (int)SyncTimeout.TotalMilliseconds;
        return Call(ControlProtocol.Methods.TunnelSync, ControlJsonContext.Default.SyncResult, request, ControlJsonContext.Default.SyncRequest);
    }

    public SaveResult Save(bool dryRun) =>
        Call(ControlProtocol.Methods.TunnelSave, ControlJsonContext.Default.SaveResult, new SaveQuery { DryRun = dryRun }, ControlJsonContext.Default.SaveQuery);

    /// <summary>
    /// Hears of everything from when it returns on: on a thread of its own, which ends with the connection. Nothing else can be asked on it.
    /// </summary>
    /// <param name="ended">Called once, last.</param>
    internal void Subscribe(Action<EngineEvent> hear, Action ended)
    {
        Call(ControlProtocol.Methods.EventsSubscribe, ControlJsonContext.Default.Done);
        _socket.ReceiveTimeout = 0;
        new Thread(() =>
        {
            try
            {
                while (_reader.ReadLine() is { } line)
                {
                    if (JsonSerializer.Deserialize(line, ControlJsonContext.Default.RpcRequest) is { Method: ControlProtocol.Methods.Event } told
                        && told.Params.Deserialize(ControlJsonContext.Default.EngineEvent) is { } happened)
                        hear(happened);
                }
            }
            catch (Exception failure) when (failure is IOException or ObjectDisposedException)
            {
                // Broken off is ended too.
            }

            ended();
        })
        { IsBackground = true, Name = "events" }.Start();
    }

    public void Stop() => Call(ControlProtocol.Methods.TunnelStop, ControlJsonContext.Default.Done);

    /// <summary>
    /// Waits until the engine hangs up, which it does when everything is undone, and until its process is gone. False: it
    /// took longer.
    /// </summary>
    public bool WaitForEnd(TimeSpan timeout)
    {
        var watch = Stopwatch.StartNew();
        _socket.ReceiveTimeout = Math.Max(1, (int)timeout.TotalMilliseconds);
        try
        {
            while (_reader.ReadLine() is not null)
            {
            }
        }
        catch (IOException failure) when (failure.InnerException is SocketException { SocketErrorCode: SocketError.TimedOut or SocketError.WouldBlock })
        {
            return false;
        }
        catch (IOException)
        {
            // Broken off is ended too.
        }

        // 0: it is in a namespace of processes that cannot be seen from here.
        while (OperatingSystem.IsLinux() && _engineProcess > 0 && ProcessState.IsRunning(_engineProcess))
        {
            if (watch.Elapsed > timeout)
                return false;
            Thread.Sleep(ProcessPollInterval);
        }

        return true;
    }

    public void Dispose() => _reader.Dispose();

    // Names may have to be looked up for it.
    private PeerInfo Change(string method, PeerChangeRequest peer)
    {
        _socket.ReceiveTimeout = (int)SyncTimeout.TotalMilliseconds;
        return Call(method, ControlJsonContext.Default.PeerInfo, peer, ControlJsonContext.Default.PeerChangeRequest);
    }

    private void ReadGreeting()
    {
        var line = ReadLine();
        using var document = JsonDocument.Parse(line);
        var greeting = document.RootElement.TryGetProperty("params", out var value) ? value.Deserialize(ControlJsonContext.Default.Greeting) : null;
        if (greeting is not { Protocol: ControlProtocol.Version })
            throw new CommandException(ExitCode.Error, $"The engine speaks version {greeting?.Protocol.ToString() ?? "?"} of the control protocol, this command {ControlProtocol.Version}.");
        // The kernel's word, in this process's own namespace of processes; the greeting's number may be of another.
        if (OperatingSystem.IsLinux())
            _engineProcess = PeerCredentials.Of(_socket).ProcessId;
    }

    /// <summary>Asks something without params.</summary>
    /// <exception cref="CommandException">The engine's words, or that it does not answer.</exception>
    internal T Call<T>(string method, JsonTypeInfo<T> resultType) => Call<T, Done>(method, resultType, null, ControlJsonContext.Default.Done);

    /// <inheritdoc cref="Call{T}(string, JsonTypeInfo{T})"/>
    internal T Call<T, TParams>(string method, JsonTypeInfo<T> resultType, TParams? parameters, JsonTypeInfo<TParams> parametersType)
        where TParams : class
    {
        var id = ++_lastId;
        try
        {
            // There may be keys in it.
            using var line = WriteRequest(id, method, parameters, parametersType);
            _stream.Write(line.Written.Span);
        }
        catch (IOException failure)
        {
            throw new EngineHungUpException(failure);
        }

        while (true)
        {
            var response = JsonSerializer.Deserialize(ReadLine(), ControlJsonContext.Default.RpcResponse);
            if (response is null || response.Id.ValueKind != JsonValueKind.Number || response.Id.GetInt32() != id)
                continue;
            if (response.Error is { } error)
                throw new CommandException(ExitCode.Error, error.Message);
            return response.Result.Deserialize(resultType) ?? throw new CommandException(ExitCode.Error, $"The engine's answer to {method} is empty.");
        }
    }

    private static SecretBufferWriter WriteRequest<TParams>(int id, string method, TParams? parameters, JsonTypeInfo<TParams> parametersType)
        where TParams : class
    {
        var line = new SecretBufferWriter(1024);
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            json.WriteString("jsonrpc"u8, "2.0"u8);
            json.WriteNumber("id"u8, id);
            json.WriteString("method"u8, method);
            if (parameters is not null)
            {
                json.WritePropertyName("params"u8);
                JsonSerializer.Serialize(json, parameters, parametersType);
            }

            json.WriteEndObject();
        }

        line.GetSpan(1)[0] = (byte)'\n';
        line.Advance(1);
        return line;
    }

    private string ReadLine()
    {
        try
        {
            return _reader.ReadLine() ?? throw new EngineHungUpException();
        }
        catch (IOException failure)
        {
            var late = failure.InnerException is SocketException { SocketErrorCode: SocketError.TimedOut or SocketError.WouldBlock };
            throw late ? new CommandException(ExitCode.Timeout, "The engine does not answer.", failure) : new EngineHungUpException(failure);
        }
    }
}
