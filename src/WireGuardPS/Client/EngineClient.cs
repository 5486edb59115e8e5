using System.Buffers;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using WireGuard.Api;
using WireGuard.Errors;

namespace WireGuard.Client;

/// <summary>How long to wait for an engine.</summary>
/// <param name="Greeting">From connecting to the greeting.</param>
/// <param name="Request">From a request to its answer; a change may have to resolve a name.</param>
internal sealed record EngineTimeouts(TimeSpan Greeting, TimeSpan Request)
{
    internal static EngineTimeouts Default => new(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30));
}

/// <summary>
/// One connection to one engine's control socket (<see cref="ControlProtocol"/>). Requests are sent one after the
/// other; any thread may call. After a timeout, a cancellation or rubbish the connection is of no more use.
/// All failures are <see cref="WgException"/>, but for <see cref="OperationCanceledException"/> of the caller's token.
/// </summary>
internal sealed class EngineClient : IAsyncDisposable, IDisposable
{
    private const int GreetingLimit = 64 * 1024;

    // Most answers are there by then.
    private const int MomentMicroseconds = 5000;

    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly LineReader _reader;
    private readonly EngineTimeouts _timeouts;
    private readonly SemaphoreSlim _turn = new(1, 1);

    // A request's, cleared after each: it may hold keys.
    private readonly ArrayBufferWriter<byte> _line = new(16 * 1024);
    private long _lastId;
    private volatile bool _broken;

    private EngineClient(Socket socket, string tunnel, EngineTimeouts timeouts)
    {
        Tunnel = tunnel;
        EngineProcessId = PeerCredentials.ProcessId(socket);
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
        _reader = new LineReader(_stream);
        _timeouts = timeouts;
    }

    internal string Tunnel { get; }

    /// <summary>Whoever asks may be held for a moment, so that an answer which comes within it costs no hand-over to another thread.</summary>
    internal bool WaitsForAMoment { get; set; }

    /// <summary>True once nothing more can be asked through this connection.</summary>
    internal bool IsBroken => _broken;

    /// <summary>As the system knows the process behind the socket; 0 when it does not say.</summary>
    internal int EngineProcessId { get; }

    /// <exception cref="WgException">
    /// TunnelNotFound (no socket, or nobody behind it), EngineAccessDenied, EngineTimeout, EngineVersionMismatch,
    /// EngineProtocolError, EngineConnectionLost.
    /// </exception>
    internal static async Task<EngineClient> ConnectAsync(
        string socketPath, string tunnel, EngineTimeouts timeouts, CancellationToken cancellation)
    {
        using var deadline = Deadline(timeouts.Greeting, cancellation);
        EngineClient? client = null;
        try
        {
            var socket = await ControlSocket.ConnectAsync(socketPath, tunnel, deadline.Token).ConfigureAwait(false);
            client = new EngineClient(socket, tunnel, timeouts);
            await client.ReadGreetingAsync(deadline.Token).ConfigureAwait(false);
            return client;
        }
        catch (Exception e)
        {
            client?.Dispose();
            if (Translate(e, tunnel, "greeting", timeouts.Greeting, cancellation) is { } translated)
                throw translated;
            throw;
        }
    }

    internal Task<TResult> InvokeAsync<TResult>(string method, JsonTypeInfo<TResult> result, CancellationToken cancellation) =>
        InvokeAsync<object, TResult>(method, null, null, result, cancellation);

    /// <summary>Sends a request and waits for its answer; notifications that come in between are passed over.</summary>
    /// <exception cref="WgException">What the engine refused, by its own ErrorId; or the connection's failure.</exception>
    internal async Task<TResult> InvokeAsync<TParams, TResult>(
        string method, TParams? parameters, JsonTypeInfo<TParams>? parametersType, JsonTypeInfo<TResult> result,
        CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            ThrowIfBroken();
            _broken = true;
            using var deadline = Deadline(_timeouts.Request, cancellation);
            var id = ++_lastId;
            await SendAsync(id, method, parameters, parametersType, deadline.Token).ConfigureAwait(false);
            if (WaitsForAMoment)
                _socket.Poll(MomentMicroseconds, SelectMode.SelectRead);
            var response = await ReceiveAsync(id, deadline.Token).ConfigureAwait(false);
            _broken = false;
            if (response.Error is { } error)
                throw new WgException(ErrorCatalog.Known(error.Data?.Id ?? NameOf(error.Code)), error.Message);
            if (response.Result.ValueKind == JsonValueKind.Undefined)
                throw new JsonException("Neither result nor error.");
            return response.Result.Deserialize(result) ?? throw new JsonException("null is no result.");
        }
        catch (Exception e) when (Translate(e, Tunnel, $"answer to '{method}'", _timeouts.Request, cancellation) is { } translated)
        {
            throw translated;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The next event after events.subscribe, however long it takes; null when the engine has closed the connection.</summary>
    /// <exception cref="WgException">EngineProtocolError.</exception>
    internal async Task<EngineEvent?> ReadEventAsync(CancellationToken cancellation)
    {
        _broken = true;
        try
        {
            while (await _reader.ReadAsync(ControlProtocol.MaxLineBytes, cancellation).ConfigureAwait(false) is { } line)
            {
                var said = JsonSerializer.Deserialize(line.Span, ControlJsonContext.Default.RpcRequest);
                if (said?.Method == ControlProtocol.Methods.Event)
                    return said.Params.Deserialize(ControlJsonContext.Default.EngineEvent);
            }

            return null;
        }
        catch (IOException) when (!cancellation.IsCancellationRequested)
        {
            // A reset is an end as good as any.
            return null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or InvalidDataException)
        {
            throw new WgException(ErrorIds.EngineProtocolError, $"What the engine of tunnel '{Tunnel}' sent as an event is not understood.", e);
        }
    }

    /// <summary>Waits until the engine closes the connection, as it does when it ends.</summary>
    internal async Task WaitForCloseAsync(CancellationToken cancellation)
    {
        _broken = true;
        try
        {
            while (await _reader.ReadAsync(ControlProtocol.MaxLineBytes, cancellation).ConfigureAwait(false) is not null)
            {
            }
        }
        catch (IOException) when (!cancellation.IsCancellationRequested)
        {
            // A reset is an end as good as any.
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        _reader.Dispose();
        _turn.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private static CancellationTokenSource Deadline(TimeSpan timeout, CancellationToken cancellation)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        source.CancelAfter(timeout);
        return source;
    }

    private static string? NameOf(int code) =>
        Enum.IsDefined((ControlErrorCode)code) ? ((ControlErrorCode)code).ToString() : null;

    private static WgException? Translate(
        Exception exception, string tunnel, string awaited, TimeSpan timeout, CancellationToken cancellation) => exception switch
        {
            OperationCanceledException when !cancellation.IsCancellationRequested => new WgException(
                ErrorIds.EngineTimeout, $"The engine of tunnel '{tunnel}' gave no {awaited} within {timeout.TotalSeconds:0.###} s.", exception),
            JsonException or InvalidDataException => new WgException(
                ErrorIds.EngineProtocolError, $"What the engine of tunnel '{tunnel}' sent as {awaited} is not understood.", exception),
            IOException or ObjectDisposedException => new WgException(
                ErrorIds.EngineConnectionLost, $"The engine of tunnel '{tunnel}' closed the connection before its {awaited}.", exception),
            _ => null,
        };

    private void ThrowIfBroken()
    {
        if (_broken)
            throw new WgException(ErrorIds.EngineConnectionLost, $"The connection to the engine of tunnel '{Tunnel}' is of no more use.");
    }

    private async Task ReadGreetingAsync(CancellationToken cancellation)
    {
        var line = await _reader.ReadAsync(GreetingLimit, cancellation).ConfigureAwait(false)
            ?? throw new EndOfStreamException();
        var request = JsonSerializer.Deserialize(line.Span, ControlJsonContext.Default.RpcRequest);
        if (request?.Method != ControlProtocol.Methods.Greeting || request.Params.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException("The first line is no greeting.");
        var greeting = request.Params.Deserialize(ControlJsonContext.Default.Greeting)!;
        if (greeting.Protocol != ControlProtocol.Version)
        {
            throw new WgException(
                ErrorIds.EngineVersionMismatch,
                $"The engine of tunnel '{Tunnel}' (version {greeting.EngineVersion}) speaks control protocol {greeting.Protocol}; this module speaks {ControlProtocol.Version}.");
        }
    }

    private async Task SendAsync<TParams>(
        long id, string method, TParams? parameters, JsonTypeInfo<TParams>? type, CancellationToken cancellation)
    {
        try
        {
            using (var json = new Utf8JsonWriter(_line))
            {
                json.WriteStartObject();
                json.WriteString("jsonrpc", "2.0");
                json.WriteNumber("id", id);
                json.WriteString("method", method);
                if (type is not null)
                {
                    json.WritePropertyName("params");
                    JsonSerializer.Serialize(json, parameters!, type);
                }

                json.WriteEndObject();
            }

            _line.Write("\n"u8);
            await _stream.WriteAsync(_line.WrittenMemory, cancellation).ConfigureAwait(false);
        }
        finally
        {
            _line.Clear();
        }
    }

    private async Task<RpcResponse> ReceiveAsync(long id, CancellationToken cancellation)
    {
        while (true)
        {
            var line = await _reader.ReadAsync(ControlProtocol.MaxLineBytes, cancellation).ConfigureAwait(false)
                ?? throw new EndOfStreamException();
            var response = JsonSerializer.Deserialize(line.Span, ControlJsonContext.Default.RpcResponse)
                ?? throw new JsonException("null is no answer.");
            switch (response.Id.ValueKind)
            {
                case JsonValueKind.Undefined:
                    continue;
                case JsonValueKind.Null when response.Error is not null:
                case JsonValueKind.Number when response.Id.TryGetInt64(out var answered) && answered == id:
                    return response;
                default:
                    throw new InvalidDataException("An answer to a question that was not asked.");
            }
        }
    }
}
