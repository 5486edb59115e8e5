using WireGuard.Api;
using WireGuard.Engine.Diagnostics;

namespace WireGuard.Engine.Control;

/// <summary>
/// One client of the control socket: requests one after the other, each answered before the next is read, and events in
/// between once they are asked for.
/// </summary>
internal sealed class ControlSession(ClientConnection client, ControlMethods methods, EventStream events, ControlServerOptions options, EngineLog log)
    : IDisposable
{
    private const int ReceiveBufferSize = 4096;

    // Who may look only has nothing long to say.
    private const int MaxLookBytes = 64 * 1024;

    private readonly LineBuffer _lines = new(ReceiveBufferSize, MaxLineBytes(client, options));

    // Answers and events share the connection.
    private readonly SemaphoreSlim _sending = new(1, 1);
    private EventSubscription? _subscription;
    private Task? _pump;

    internal async Task RunAsync(ReadOnlyMemory<byte> greeting)
    {
        try
        {
            await SendAsync(greeting);
            await ServeAsync();
        }
        finally
        {
            _subscription?.Dispose();
            client.Abort();
            if (_pump is not null)
                await _pump.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose()
    {
        _lines.Dispose();
        _sending.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            while (_lines.TryRead(out var line))
            {
                if (line.Length > MaxLineBytes(client, options))
                {
                    await RefuseLongLineAsync();
                    return;
                }

                if (line.Span.ContainsAnyExcept(" \t\r"u8))
                    await AnswerAsync(line);
            }

            if (_lines.IsOverLong)
            {
                await RefuseLongLineAsync();
                return;
            }

            var space = _lines.GetSpace();
            var received = _lines.IsEmpty
                ? await client.ReceiveFirstAsync(space)
                : await client.ReceiveMoreAsync(space, options.Limits.ReceiveTimeout);
            if (received == 0)
                return;
            _lines.Received(received);
        }
    }

    private async Task AnswerAsync(ReadOnlyMemory<byte> line)
    {
        if (!RpcCall.TryParse(line, out var call, out var id, out var problem))
        {
            await SendErrorAsync(id, problem!);
            return;
        }

        var (answer, succeeded) = await CallAsync(call);
        using (answer)
        {
            if (succeeded)
                await FinishAsync(call, answer);
            else if (!call.IsNotification)
                await SendAsync(answer.Written);
        }
    }

    private async Task<(SecretBufferWriter Answer, bool Succeeded)> CallAsync(RpcCall call)
    {
        ControlException problem;
        try
        {
            var answer = await methods.CallAsync(call, client.Access, client.Aborted);
            if (answer.Count <= options.MaxLineBytes)
                return (answer, true);
            answer.Dispose();
            problem = new ControlException(ControlErrorCode.InternalError, "The answer is longer than a line may be.");
        }
        catch (ControlException e)
        {
            problem = e;
        }
        catch (OperationCanceledException) when (client.Aborted.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e)
        {
            log.Error($"{call.Method} failed: {e.GetType().Name}: {e.Message}");
            problem = new ControlException(ControlErrorCode.InternalError, "Internal error; the engine's log has more.");
        }

        return (RpcText.Error(call.Id.Span, problem), false);
    }

    private async Task FinishAsync(RpcCall call, SecretBufferWriter answer)
    {
        if (call.Method == ControlProtocol.Methods.EventsSubscribe && _subscription is null)
        {
            // What happens from here on is queued, and comes after the answer.
            client.IsEvictable = false;
            _subscription = events.Subscribe(client.Abort);
        }
        else if (call.Method == ControlProtocol.Methods.EnrollmentOpen)
        {
            // The window may be this connection's.
            client.IsEvictable = false;
        }

        try
        {
            if (!call.IsNotification)
                await SendAsync(answer.Written);
        }
        finally
        {
            // Asked is asked, even if the client did not wait for the answer.
            if (call.Method == ControlProtocol.Methods.TunnelStop)
                methods.Context.RequestStop();
        }

        if (_subscription is not null)
            _pump ??= PumpEventsAsync(_subscription);
    }

    private async Task PumpEventsAsync(EventSubscription subscription)
    {
        try
        {
            await foreach (var line in subscription.Channel.Reader.ReadAllAsync(client.Aborted))
                await SendAsync(line);
        }
        finally
        {
            client.Abort();
        }
    }

    private async Task SendErrorAsync(ReadOnlyMemory<byte> id, ControlException problem)
    {
        using var text = RpcText.Error(id.Span, problem);
        await SendAsync(text.Written);
    }

    private static int MaxLineBytes(ClientConnection client, ControlServerOptions options) =>
        client.Access < ClientAccess.Change ? Math.Min(MaxLookBytes, options.MaxLineBytes) : options.MaxLineBytes;

    private Task RefuseLongLineAsync() =>
        SendErrorAsync(default, new ControlException(ControlErrorCode.InvalidRequest, $"A line has at most {MaxLineBytes(client, options)} bytes."));

    private async Task SendAsync(ReadOnlyMemory<byte> line)
    {
        await _sending.WaitAsync(client.Aborted);
        try
        {
            await client.SendAsync(line);
        }
        finally
        {
            _sending.Release();
        }
    }
}
