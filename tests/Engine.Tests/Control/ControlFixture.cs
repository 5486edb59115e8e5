using System.Net;
using System.Text.Json;
using WireGuard.Api;
using WireGuard.Engine.Control;
using WireGuard.Tests.Diagnostics;

namespace WireGuard.Tests.Control;

/// <summary>A control server over a fake device, in a directory of its own.</summary>
internal sealed class ControlFixture : IAsyncDisposable
{
    private readonly TestFolder _folder = new();

    internal ControlFixture(Func<ControlServerOptions, ControlServerOptions>? change = null)
    {
        var options = new ControlServerOptions { Directory = _folder.Sockets, Time = Clock };
        Server = new ControlServer(Device, Context, change?.Invoke(options) ?? options, Log);
        Server.Start();
    }

    internal FakeDeviceControl Device { get; } = new();

    internal FakeTunnelContext Context { get; } = new();

    internal ManualTimeProvider Clock { get; } = new();

    internal CapturingLog Log { get; } = new();

    internal ControlServer Server { get; }

    internal SocketClient ConnectRaw() => new(Server.SocketPath);

    /// <summary>Connected, the greeting read.</summary>
    internal async Task<SocketClient> ConnectAsync()
    {
        var client = ConnectRaw();
        Assert.StartsWith("{\"jsonrpc\":\"2.0\",\"method\":\"greeting\"", await client.ReadLineAsync());
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Dispose();
    }
}

internal sealed class FakeTunnelContext : ITunnelContext
{
    public string TunnelName => "wg0";

    public IReadOnlyList<string> Addresses { get; } = ["10.0.0.1/24", "fd00::1/64"];

    public string? ConfigPath => "/etc/wireguard/wg0.conf";

    public IReadOnlyList<string>? StartOptions => null;

    public bool IsStarting => false;

    public string? NetNs => "box";

    public string? SocketNetNs => null;

    public int? ConfiguredMtu => 1380;

    public IReadOnlyList<string>? Dns => ["10.0.0.53", "lab.example"];

    public string? Table => "51000";

    public bool KillSwitch => true;

    public bool Forward => false;

    public bool Masquerade => false;

    public bool Served => Enrollment is not null;

    public IReadOnlyList<string>? ExcludedRoutes => ["192.168.0.0/16"];

    public DateTimeOffset StartedAt { get; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public string Backend => "userspace";

    public string CryptoBackend => "scalar";

    public int Lanes => 3;

    public IEnrollmentControl? Enrollment { get; set; }

    public event Action<EngineEvent>? EventRaised;

    internal void Raise(EngineEvent happened) => EventRaised?.Invoke(happened);

    internal List<(TunnelWish Wish, bool DryRun)> Wishes { get; } = [];

    internal IReadOnlyList<TunnelDifference> Differences { get; set; } = [];

    /// <summary>Whether each was a dry run.</summary>
    internal List<bool> Saves { get; } = [];

    internal int StopRequests { get; private set; }

    internal int PeerChanges { get; private set; }

    /// <summary>Calls without a change.</summary>
    internal int Looks { get; private set; }

    internal Exception? PeersChangedFailure { get; set; }

    internal Func<string, Task<IPEndPoint>> Resolve { get; set; } = endpoint =>
        throw new ControlException(ControlErrorCode.EndpointUnresolved, $"{endpoint} is not known.");

    public void RequestStop() => StopRequests++;

    public Task<IPEndPoint> ResolveEndpointAsync(string endpoint, IPEndPoint? current, CancellationToken cancellation) => Resolve(endpoint).WaitAsync(cancellation);

    public Task<TunnelWish> ResolveAsync(TunnelWish wish, CancellationToken cancellation) => Task.FromResult(wish);

    public IReadOnlyList<TunnelDifference> Sync(TunnelWish wish, bool dryRun)
    {
        Wishes.Add((wish, dryRun));
        return Differences;
    }

    public SaveResult Save(bool dryRun)
    {
        Saves.Add(dryRun);
        return new SaveResult(ConfigPath!, Differences);
    }

    internal List<PeerStep> Steps { get; } = [];

    /// <summary>How endpoints were written, wherever the peers are now.</summary>
    internal Dictionary<PublicKey, string> Written { get; } = [];

    /// <summary>How often a peer's endpoint was to be written as before.</summary>
    internal List<PublicKey> Restored { get; } = [];

    public Action KeepWritten(PublicKey peer) => () => Restored.Add(peer);

    public bool WasWritten(PublicKey peer, string endpoint) => Written.GetValueOrDefault(peer) == endpoint;

    public Task PeersChangedAsync(PeerStep step)
    {
        if (step.IsNone)
        {
            Looks++;
        }
        else
        {
            PeerChanges++;
            Steps.Add(step);
        }

        return PeersChangedFailure is null ? Task.CompletedTask : Task.FromException(PeersChangedFailure);
    }
}

internal static class RpcClient
{
    /// <summary>Sends a request with id 1 and reads the next line.</summary>
    internal static async Task<JsonElement> CallAsync(this SocketClient client, string method, string? parameters = null)
    {
        await client.SendAsync($$"""{"jsonrpc":"2.0","id":1,"method":"{{method}}"{{(parameters is null ? "" : ",\"params\":" + parameters)}}}""" + "\n");
        return await client.ReadJsonAsync();
    }

    internal static async Task<JsonElement> ReadJsonAsync(this SocketClient client)
    {
        using var document = JsonDocument.Parse(await client.ReadLineAsync() ?? throw new InvalidOperationException("The server hung up."));
        return document.RootElement.Clone();
    }

    internal static T Result<T>(this JsonElement answer)
    {
        Assert.False(answer.TryGetProperty("error", out var error), error.ToString());
        return (T)JsonSerializer.Deserialize(answer.GetProperty("result").GetRawText(), ControlJsonContext.Default.GetTypeInfo(typeof(T))!)!;
    }

    internal static void AssertError(this JsonElement answer, ControlErrorCode code, string? member = null)
    {
        Assert.False(answer.TryGetProperty("result", out _));
        var error = answer.GetProperty("error");
        Assert.Equal((int)code, error.GetProperty("code").GetInt32());
        Assert.Equal(code.ToString(), error.GetProperty("data").GetProperty("id").GetString());
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
        Assert.Equal(member, error.GetProperty("data").TryGetProperty("member", out var told) ? told.GetString() : null);
        if (member is not null)
            Assert.StartsWith(member + ": ", error.GetProperty("message").GetString());
    }
}
