using System.Globalization;
using System.Net;
using System.Net.Sockets;
using WireGuard.Configuration;
using WireGuard.Engine.Diagnostics;

namespace WireGuard.Engine.Hosting;

/// <summary>
/// Turns endpoint names into addresses as wg(8) does: what may pass (the resolver cannot be reached) is tried again
/// after 1 s, then 1.2 times as long each time, 20 s at most; a name that does not exist fails at once.
/// </summary>
public sealed class EndpointResolver
{
    /// <summary>How often to try again: a number, or "infinity".</summary>
    public const string RetriesVariable = "WG_ENDPOINT_RESOLUTION_RETRIES";

    private const int DefaultRetries = 15;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(20);

    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _lookUp;
    private readonly TimeProvider _time;
    private readonly EngineLog _log;
    private readonly int? _retries;
    private readonly Action<string>? _tell;

    /// <param name="retries">Null: without end.</param>
    /// <param name="lookUp">Null: the system's resolver.</param>
    /// <param name="tell">Hears of each try that failed, besides the log.</param>
    public EndpointResolver(EngineLog log, TimeProvider time, int? retries, Func<string, CancellationToken, Task<IPAddress[]>>? lookUp = null, Action<string>? tell = null)
    {
        _lookUp = lookUp ?? Dns.GetHostAddressesAsync;
        _time = time;
        _log = log;
        _retries = retries;
        _tell = tell;
    }

    /// <summary>Reads <see cref="RetriesVariable"/>'s value; what is no number means the default.</summary>
    public static int? ParseRetries(string? value) =>
        value == "infinity" ? null
        : int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var retries) ? retries
        : DefaultRetries;

    /// <summary>The first address that the system prefers.</summary>
    /// <param name="current">Where the peer is: it stays there if that is one of the addresses.</param>
    /// <exception cref="StartException"><see cref="StartErrorId.EndpointUnresolved"/>.</exception>
    /// <exception cref="ResolutionCanceledException">Cancelled while it waited.</exception>
    public async Task<IPEndPoint> ResolveAsync(HostEndpoint endpoint, CancellationToken cancel, IPEndPoint? current = null)
    {
        if (endpoint.Literal is { } literal)
            return literal;
        SocketException? last = null;
        try
        {
            return await ResolveNameAsync(endpoint, current, failure => last = failure, cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException canceled) when (cancel.IsCancellationRequested)
        {
            // Whoever ends the wait learns what it was waiting for.
            throw new ResolutionCanceledException($"The endpoint {endpoint} could not be resolved yet{(last is null ? "" : ": " + Reason(last))}.", canceled, cancel);
        }
    }

    /// <summary>Every address of the name, as the system prefers them; one try.</summary>
    /// <exception cref="SocketException"/>
    public async Task<IReadOnlyList<IPEndPoint>> LookUpAsync(HostEndpoint endpoint, CancellationToken cancel)
    {
        if (endpoint.Literal is { } literal)
            return [literal];
        var addresses = await _lookUp(endpoint.Host, cancel).WaitAsync(cancel).ConfigureAwait(false);
        return [.. addresses.Select(address => new IPEndPoint(address, endpoint.Port))];
    }

    private async Task<IPEndPoint> ResolveNameAsync(HostEndpoint endpoint, IPEndPoint? current, Action<SocketException> tellFailure, CancellationToken cancel)
    {
        var delay = FirstDelay;
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                // The system's resolver can hold its thread for a minute, whatever is cancelled.
                var addresses = await _lookUp(endpoint.Host, cancel).WaitAsync(cancel).ConfigureAwait(false);
                if (addresses.Length > 0)
                    return new IPEndPoint(addresses.FirstOrDefault(address => address.Equals(current?.Address), addresses[0]), endpoint.Port);
                throw new SocketException((int)SocketError.NoData);
            }
            catch (SocketException failure) when (IsPermanent(failure.SocketErrorCode) || attempt >= _retries)
            {
                throw new StartException(StartErrorId.EndpointUnresolved, $"The endpoint {endpoint} could not be resolved: {Reason(failure)}.", failure);
            }
            catch (SocketException failure)
            {
                tellFailure(failure);
                var progress = $"The endpoint {endpoint} could not be resolved yet: {Reason(failure)}. Trying again in {delay.TotalSeconds:0.0} s.";
                _log.Warning(progress);
                _tell?.Invoke(progress);
            }

            await Task.Delay(delay, _time, cancel).ConfigureAwait(false);
            delay = delay * 1.2 < LongestDelay ? delay * 1.2 : LongestDelay;
        }
    }

    // The system's own words for these are about errno, not about names.
    private static string Reason(SocketException failure) => failure.SocketErrorCode switch
    {
        SocketError.TryAgain => "no name server answered",
        SocketError.HostNotFound => "there is no such name",
        SocketError.NoData => "the name has no address",
        _ => failure.Message.TrimEnd('.'),
    };

    private static bool IsPermanent(SocketError error) => error is SocketError.HostNotFound or SocketError.NoData or SocketError.NoRecovery;
}
