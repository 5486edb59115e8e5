using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using WireGuard.Api;

namespace WireGuard.Tests.Fake;

/// <summary>
/// A control socket for tests: speaks the real protocol over a <see cref="FakeTunnel"/>, or misbehaves as told.
/// </summary>
public sealed class FakeControlServer : IDisposable
{
    /// <summary>Of what is done slowly.</summary>
    public static readonly TimeSpan Slowness = TimeSpan.FromSeconds(2);

    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _end = new();
    private readonly List<Socket> _clients = [];
    private readonly FakeBehavior _behavior;
    private readonly string _path;

    public FakeControlServer(string path, FakeTunnel tunnel, FakeBehavior behavior = FakeBehavior.Normal)
    {
        (_path, Tunnel, _behavior) = (path, tunnel, behavior);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(64);
        _ = Task.Run(AcceptAsync);
    }

    public FakeTunnel Tunnel { get; }

    /// <summary>Raw request lines, in order.</summary>
    public List<string> Requests { get; } = [];

    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
        File.Delete(_path);
        lock (_clients)
            _clients.ForEach(c => c.Dispose());
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptAsync(_end.Token);
                lock (_clients)
                    _clients.Add(client);
                _ = Task.Run(() => ServeAsync(client));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The server was disposed of.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        await using var stream = new NetworkStream(client, ownsSocket: true);
        void SendEvent(EngineEvent happened) => TrySend(stream, happened);
        try
        {
            if (!await GreetAsync(stream))
                return;
            using var reader = new StreamReader(stream, Encoding.UTF8, false, 1024, leaveOpen: true);
            while (await reader.ReadLineAsync(_end.Token) is { } line)
            {
                lock (Requests)
                    Requests.Add(line);
                if (!await AnswerAsync(stream, line))
                    return;
                if (line.Contains(ControlProtocol.Methods.EventsSubscribe, StringComparison.Ordinal))
                    Tunnel.Happened += SendEvent;
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client went away.
        }
        finally
        {
            Tunnel.Happened -= SendEvent;
        }
    }

    private static void TrySend(NetworkStream stream, EngineEvent happened)
    {
        try
        {
            Send(stream, $$"""{"jsonrpc":"2.0","method":"event","params":{{JsonSerializer.Serialize(happened, ControlJsonContext.Default.EngineEvent)}}}""" + "\n");
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The client went away.
        }
    }

    private async Task<bool> GreetAsync(NetworkStream stream)
    {
        switch (_behavior)
        {
            case FakeBehavior.CloseAtOnce:
                return false;
            case FakeBehavior.Hung:
                await Task.Delay(Timeout.Infinite, _end.Token);
                return false;
            case FakeBehavior.RubbishGreeting:
                await SendAsync(stream, "HTTP/1.1 400 Bad Request\n");
                return true;
            case FakeBehavior.HalfGreeting:
                await SendAsync(stream, """{"jsonrpc":"2.0","method":"greet""");
                return false;
            case FakeBehavior.EndlessGreeting:
                await SendAsync(stream, new string('x', 200_000));
                return true;
        }

        var version = ControlProtocol.Version + (_behavior == FakeBehavior.OtherVersion ? 1 : 0);
        var greeting = JsonSerializer.Serialize(
            new Greeting(version, "0.0.0-fake", Tunnel.Name, Environment.ProcessId), ControlJsonContext.Default.Greeting);
        await SendAsync(stream, $$"""{"jsonrpc":"2.0","method":"greeting","params":{{greeting}}}""" + "\n");
        return true;
    }

    private async Task<bool> AnswerAsync(NetworkStream stream, string line)
    {
        switch (_behavior)
        {
            case FakeBehavior.HungAfterGreeting:
                return true;
            case FakeBehavior.CloseOnRequest:
                return false;
            case FakeBehavior.RubbishAnswer:
                await SendAsync(stream, "no JSON\n");
                return true;
            case FakeBehavior.HalfAnswer:
                await SendAsync(stream, """{"jsonrpc":"2.0","id":1,"res""");
                return false;
            case FakeBehavior.Chatty:
                await SendAsync(stream, """{"jsonrpc":"2.0","method":"event","params":{"kind":"handshake","tunnel":"x"}}""" + "\n");
                break;
        }

        using var request = JsonDocument.Parse(line);
        var id = request.RootElement.GetProperty("id").GetInt64();
        var method = request.RootElement.GetProperty("method").GetString()!;
        if (_behavior == FakeBehavior.DiesOnStop && method == ControlProtocol.Methods.TunnelStop)
            Environment.Exit(1);
        if (_behavior == FakeBehavior.HangsUpAndDiesOnStop && method == ControlProtocol.Methods.TunnelStop)
        {
            _ = Task.Delay(400).ContinueWith(_ => Environment.Exit(1), TaskScheduler.Default);
            return false;
        }

        if (_behavior == FakeBehavior.WrongId)
            id += 1000;
        NoteMethod(method, line);
        var outcome = Outcome(request, method);
        if (_behavior == FakeBehavior.ChangesSlowly && method is ControlProtocol.Methods.TunnelSync or ControlProtocol.Methods.TunnelSave)
            await Task.Delay(Slowness, _end.Token);
        await SendAsync(stream, $$"""{"jsonrpc":"2.0","id":{{id}}{{outcome}}}""" + "\n");
        if (_behavior != FakeBehavior.StopsNever)
            Tunnel.AfterAnswer(method);
        return true;
    }

    private string Outcome(JsonDocument request, string method)
    {
        if (_behavior == FakeBehavior.EmptyAnswer)
            return "";
        if (_behavior == FakeBehavior.Starting && method is not (ControlProtocol.Methods.TunnelGet or ControlProtocol.Methods.EngineStatus or ControlProtocol.Methods.TunnelStop))
            return ErrorOf(new FakeRpcException(ControlErrorCode.Starting, $"Tunnel '{Tunnel.Name}' still starts."));
        if (_behavior == FakeBehavior.UnknownError)
            return ""","error":{"code":-32999,"message":"Something new.","data":{"id":"FromTheFuture"}}""";
        try
        {
            request.RootElement.TryGetProperty("params", out var parameters);
            if (_behavior == FakeBehavior.StartingWithoutDevice && method != ControlProtocol.Methods.TunnelStop)
                throw new FakeRpcException(ControlErrorCode.Starting, "The tunnel is still starting.");
            var result = Tunnel.Invoke(method, parameters);
            if (_behavior == FakeBehavior.Starting && method == ControlProtocol.Methods.TunnelGet)
                result = JsonSerializer.SerializeToElement(result.Deserialize(ControlJsonContext.Default.TunnelInfo)! with { IsUp = false, IsStarting = true }, ControlJsonContext.Default.TunnelInfo);
            return ",\"result\":" + result.GetRawText();
        }
        catch (FakeRpcException e)
        {
            return ErrorOf(e);
        }
    }

    private static string ErrorOf(FakeRpcException refusal)
    {
        var error = new RpcError((int)refusal.Code, refusal.Message) { Data = new RpcErrorData(refusal.Code.ToString()) };
        return ",\"error\":" + JsonSerializer.Serialize(error, ControlJsonContext.Default.RpcError);
    }

    private void NoteMethod(string method, string line)
    {
        if (Environment.GetEnvironmentVariable("WIREGUARD_FAKE_REQUESTS") is not { Length: > 0 } file)
            return;
        lock (Requests)
            File.AppendAllText(file, method + (line.Contains("\"includeSecrets\":true", StringComparison.Ordinal) ? " with secrets\n" : "\n"));
    }

    private ValueTask SendAsync(NetworkStream stream, string text)
    {
        _end.Token.ThrowIfCancellationRequested();
        Send(stream, text);
        return ValueTask.CompletedTask;
    }

    // Answers and events come from different threads.
    private static void Send(NetworkStream stream, string text)
    {
        lock (stream)
            stream.Write(Encoding.UTF8.GetBytes(text));
    }
}
