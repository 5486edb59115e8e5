using System.Net;
using System.Net.Sockets;
using WireGuard.Api;
using WireGuard.Engine.Device;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Enrollment;

namespace WireGuard.Engine.Hosting;

/// <summary>
/// The enrollment server of a running tunnel: takes its datagrams from the port on a thread of its own, which may wait for
/// the disk, and brings to the device who joined before they are told so. What the administrator asks comes by the control socket.
/// </summary>
internal sealed partial class EnrollmentHost : IDisposable
{
    // Windows close and leases end while nobody sends anything.
    private static readonly TimeSpan s_pace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_afterFault = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly EnrollmentSetup _setup;
    private readonly PortGuest _guest;
    private readonly Action<DeviceChange> _apply;
    private readonly Func<DeviceSnapshot> _look;
    private readonly Action<EngineEvent> _tell;
    private readonly DeviceClock _clock;
    private readonly TimeProvider _time;
    private readonly EngineLog _log;
    private readonly EnrollmentRegistry _registry;
    private readonly EnrollmentServer _server;
    private readonly Thread _thread;

    // Of those whose end could not be stored.
    private readonly HashSet<PublicKey> _cutOff = [];

    // Of those whose lease is over by a clock that may be wrong.
    private readonly HashSet<PublicKey> _lapsed = [];

    // Of the client that somebody has just approved.
    private PublicKey? _asked;
    private EnrollmentEvent? _decision;
    private volatile bool _isStopping;

    /// <param name="apply">Changes the device.</param>
    /// <param name="look">What the device has.</param>
    /// <param name="tell">Passes on what happened; on the thread that brought it about.</param>
    /// <param name="clock">Monotonic, and goes on during suspend.</param>
    /// <param name="time">The wall clock.</param>
    /// <exception cref="StartException">The settings cannot be told to clients.</exception>
    internal EnrollmentHost(EnrollmentSetup setup, PortGuest guest, Action<DeviceChange> apply, Func<DeviceSnapshot> look, Action<EngineEvent> tell, TimeProvider clock, TimeProvider time, EngineLog log)
    {
        (_setup, _guest, _apply, _look, _tell, _clock, _time, _log) = (setup, guest, apply, look, tell, new DeviceClock(clock), time, log);
        try
        {
            _registry = new EnrollmentRegistry(setup.Store, setup.Pool) { OthersBut = OthersBut };
            _server = new EnrollmentServer(_registry, setup.Settings, Hear);
        }
        catch (ArgumentException wrong)
        {
            throw new StartException(StartErrorId.ConfigInvalid, wrong.Message, wrong);
        }

        _thread = new Thread(Run) { Name = "wg enrollment", IsBackground = true };
    }

    private EnrollmentTime Now => new(_clock.Now, _time.GetUtcNow());

    /// <summary>Gives the device who has joined, and begins to listen.</summary>
    internal void Start()
    {
        lock (_lock)
        {
            Look();
            var peers = _registry.State.Peers.Values.Where(peer => !_registry.Leaving.Contains(peer.Key) && !_lapsed.Contains(peer.Key)).ToList();
            using var change = new DeviceChange { Peers = [.. peers.Select(Joined)] };
            _apply(change);
            if (peers.Count(peer => !_registry.Pool.Fits(peer.Addresses)) is > 0 and var strays)
                _log.Warning($"{strays} peers have addresses of another pool than today's, and nothing passes to them until they join again");
        }

        _thread.Start();
    }

    /// <summary>When it has returned, nothing is taken or changed any more. A window that is open is closed by that.</summary>
    public void Dispose()
    {
        _isStopping = true;
        _guest.IsListening = false;
        _guest.Wake();
        if (_thread.IsAlive)
            _thread.Join();
        lock (_lock)
            _server.Dispose();
    }

    private void Run()
    {
        Span<byte> datagram = stackalloc byte[EnrollmentFormat.MaxSize];
        Span<byte> reply = stackalloc byte[EnrollmentFormat.MaxSize];
        while (!_isStopping)
        {
            try
            {
                while (!_isStopping && _guest.TryTake(datagram, out var from) is >= 0 and var length)
                {
                    int answer;
                    lock (_lock)
                        answer = _server.Receive(datagram[..length], from, Now, reply);
                    if (answer > 0)
                        _guest.Answer(reply[..answer], from);
                }

                lock (_lock)
                    Look();
                _guest.Wait(s_pace);
            }
            catch (Exception fault)
            {
                // One client's trouble must not end it for all; the pause keeps a repeating fault from spinning.
                _log.Error($"enrollment: {fault.GetType().Name}: {fault.Message}");
                Thread.Sleep(s_afterFault);
            }
        }
    }

    private void Look()
    {
        var now = Now;
        _server.Tick(now);
        try
        {
            _server.ExpireLeases(now);
            _server.RevokeLeaving(now);
            _cutOff.Clear();
        }
        catch (IOException failure)
        {
            // Who is to be out is out, and not only once the disk has room again.
            foreach (var key in _registry.Leaving.Where(_cutOff.Add).ToList())
            {
                CutOff(key);
                _log.Error($"peer {key} is cut off, but that could not be stored, and is tried again: {failure.Message}");
            }
        }

        Lapse(now);
        _guest.IsListening = _server.HasAnythingToSay(now);
    }

    private void Lapse(EnrollmentTime now)
    {
        List<PublicKey> ended = [], back = [];
        foreach (var peer in _registry.State.Peers.Values)
        {
            if (peer.LeaseEnds is null || _registry.Leaving.Contains(peer.Key))
                continue;
            if (!_server.IsLapsed(peer, now))
            {
                if (!_lapsed.Remove(peer.Key))
                    continue;
                Change(Joined(peer));
                back.Add(peer.Key);
            }
            else if (_lapsed.Add(peer.Key))
            {
                CutOff(peer.Key);
                _tell(EnrollmentWords.Describe(new EnrollmentEvent(EnrollmentEventKind.LeaseExpired, now.Wall) { Peer = peer.Key, Name = peer.Name, IsLapse = true }, peer));
                ended.Add(peer.Key);
            }
        }

        // A clock that is wrong may bring it about for all at once.
        if (ended.Count > 0)
            _log.Information($"lease over: {Who(ended)}; let go for good once the clock has been steady for an hour");
        if (back.Count > 0)
            _log.Warning($"lease not over after all, as the clock was set right: {Who(back)}");
    }

    private static string Who(List<PublicKey> peers) => peers is [var one] ? $"peer {one}" : $"{peers.Count} peers";

    // On the thread that holds the lock, before anybody outside hears of it.
    private void Hear(EnrollmentEvent happened)
    {
        if (happened is { Kind: EnrollmentEventKind.Granted or EnrollmentEventKind.Refused, Peer: { } decided } && decided == _asked)
            _decision = happened;
        if (happened is { Kind: EnrollmentEventKind.Granted or EnrollmentEventKind.PeerRevoked or EnrollmentEventKind.LeaseExpired, Peer: { } about })
            _lapsed.Remove(about);
        var peer = happened is { Kind: EnrollmentEventKind.Granted, Peer: { } key } ? _registry.State.Peers.GetValueOrDefault(key) : null;
        if (peer is not null)
            Change(Joined(peer));
        else if (happened is { Kind: EnrollmentEventKind.PeerRevoked or EnrollmentEventKind.LeaseExpired, Peer: { } gone })
            CutOff(gone);
        if (happened.Kind == EnrollmentEventKind.WindowClosed)
            _ = _opener.Unregister();
        Tell(happened, peer);
    }

    private void Tell(EnrollmentEvent happened, EnrolledPeer? peer)
    {
        var told = EnrollmentWords.Describe(happened, peer);
        // Strangers bring those about, two hundred a second at most.
        if (happened.Kind != EnrollmentEventKind.Started)
            _log.Information(Line(told));
        else if (_log.IsEnabled(LogLevel.Verbose))
            _log.Verbose(Line(told));
        _tell(told);
    }

    private static string Line(EngineEvent told)
    {
        string?[] about =
        [
            told.Kind, told.PeerName is { } name ? EnrollmentWords.Quote(name) : null, told.PeerPublicKey, told.Endpoint is { } from ? $"from {from}" : null, told.InviteId is { } id ? $"invitation {id}" : null,
            told.GuessesLeft is { } left ? $"{left} guesses left" : null, told.Detail,
        ];
        return string.Join(' ', about.Where(word => word is not null));
    }

    private void CutOff(in PublicKey key)
    {
        Change(new PeerChange { PublicKey = key, Mode = PeerChangeMode.Remove });
        _areOthersOld = true;
    }

    private void Change(PeerChange peer)
    {
        using var change = new DeviceChange { Peers = [peer] };
        try
        {
            _apply(change);
        }
        catch (DeviceChangeException refused)
        {
            _log.Error($"peer {peer.PublicKey}: {refused.Message}");
        }
    }

    // Each address alone: the length of the pool says how the client's interface is set, not what is the client's.
    private PeerChange Joined(EnrolledPeer peer) => new()
    {
        PublicKey = peer.Key,
        Name = peer.Name,
        PresharedKey = peer.PresharedKey.Clone(),
        ReplaceAllowedIPs = true,
        AllowedIPs = _registry.Pool.Fits(peer.Addresses) ? [.. peer.Addresses.Select(address => new AllowedIPChange(Alone(address.Address)))] : [],
    };

    private static IPNetwork Alone(IPAddress address) => new(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
}
