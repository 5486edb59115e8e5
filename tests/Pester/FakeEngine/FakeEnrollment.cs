using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using WireGuard.Api;

namespace WireGuard.Tests.Fake;

/// <summary>
/// An enrollment server without a network: who comes is told by a script, as "wrong 100, join laptop 300, wait phone 400,
/// refuse tablet 500", each so many milliseconds after a window was opened; "use printer 600" comes by an invitation.
/// </summary>
/// <param name="changed">Told of each peer that comes (true) or goes.</param>
public sealed class FakeEnrollment(string tunnel, string script, Action<EngineEvent> tell, Action<EnrolledPeerInfo, bool> changed)
{
    public const string Digits = "49302716";

    private readonly Lock _gate = new();
    private readonly List<EnrolledPeerInfo> _peers = [];
    private readonly List<EnrolledPeerInfo> _joined = [];
    private readonly List<WaitingPeerInfo> _waiting = [];
    private readonly List<EnrollmentInviteInfo> _invites = [];
    private readonly List<EnrollmentReservationInfo> _reservations = [];
    private EnrollmentOpenRequest? _window;
    private DateTimeOffset _closesAt;
    private int _number;
    private int _guesses;

    public static string KeyOf(string name) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(name)));

    public static string FingerprintOf(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(key)))[..32];

    /// <summary>Null: the method is no enrollment's.</summary>
    public JsonElement? Invoke(string method, JsonElement parameters)
    {
        var json = ControlJsonContext.Default;
        lock (_gate)
        {
            switch (method)
            {
                case ControlProtocol.Methods.EnrollmentOpen:
                    using (var opened = Open(parameters.Deserialize(json.EnrollmentOpenRequest)!))
                        return JsonSerializer.SerializeToElement(opened, json.EnrollmentOpened);
                case ControlProtocol.Methods.EnrollmentClose:
                    return JsonSerializer.SerializeToElement(new EnrollmentClosed(Close("on-demand")), json.EnrollmentClosed);
                case ControlProtocol.Methods.EnrollmentStatus:
                    return JsonSerializer.SerializeToElement(Status(), json.EnrollmentStatus);
                case ControlProtocol.Methods.EnrollmentApprove:
                    var approved = Take(parameters.Deserialize(json.EnrollmentClientChoice)!.Client);
                    return approved.Name == "surplus"
                        ? throw new FakeRpcException(ControlErrorCode.EnrollmentRefused, "It was refused all the same: no address is free.")
                        : JsonSerializer.SerializeToElement(Join(approved.Name!, null), json.EnrolledPeerInfo);
                case ControlProtocol.Methods.EnrollmentDeny:
                    var denied = Take(parameters.Deserialize(json.EnrollmentClientChoice)!.Client);
                    Tell(EnrollmentEvents.Denied, denied.Name);
                    Tell(EnrollmentEvents.Refused, denied.Name, "denied");
                    return JsonSerializer.SerializeToElement(denied, json.WaitingPeerInfo);
                case ControlProtocol.Methods.EnrollmentInvite:
                    using (var invite = Invite(parameters.Deserialize(json.EnrollmentInviteRequest)!))
                        return JsonSerializer.SerializeToElement(invite, json.EnrollmentInvite);
                case ControlProtocol.Methods.EnrollmentRevokeInvite:
                    var id = parameters.Deserialize(json.EnrollmentInviteId)!.Id;
                    var revoked = _invites.Find(i => i.Id == id) ?? throw new FakeRpcException(ControlErrorCode.EnrollmentNotFound, "There is no such invitation.");
                    _invites.Remove(revoked);
                    TellInvite(EnrollmentEvents.InviteRevoked, revoked);
                    return JsonSerializer.SerializeToElement(revoked, json.EnrollmentInviteInfo);
                case ControlProtocol.Methods.EnrollmentRevokePeer:
                    var key = parameters.Deserialize(json.PeerKey)!.PublicKey;
                    var peer = _peers.Find(p => p.PublicKey == key) ?? throw new FakeRpcException(ControlErrorCode.PeerNotFound, "No peer with this key has joined.");
                    _peers.Remove(peer);
                    changed(peer, false);
                    Tell(EnrollmentEvents.PeerRevoked, peer.Name);
                    return JsonSerializer.SerializeToElement(peer, json.EnrolledPeerInfo);
                case ControlProtocol.Methods.EnrollmentReserve:
                    return JsonSerializer.SerializeToElement(Reserve(parameters.Deserialize(json.EnrollmentReservationRequest)!), json.EnrollmentReservationInfo);
                case ControlProtocol.Methods.EnrollmentUnreserve:
                    return JsonSerializer.SerializeToElement(Unreserve(parameters.Deserialize(json.EnrollmentReservationChoice)!), json.EnrollmentReservationInfo);
                default:
                    return null;
            }
        }
    }

    private EnrollmentReservationInfo Reserve(EnrollmentReservationRequest request)
    {
        IReadOnlyList<string> addresses = request.Addresses is { Count: > 0 } said ? said : [$"10.150.0.{100 + _reservations.Count}"];
        if (addresses.Any(address => !address.StartsWith("10.150.0.", StringComparison.Ordinal) && !address.StartsWith("fd42:150::", StringComparison.Ordinal)))
            throw new FakeRpcException(ControlErrorCode.InvalidValue, "addresses: none that a client of this tunnel can have.");
        if (_reservations.Any(other => other.PeerName != request.PeerName && other.Addresses.Intersect(addresses).Any()))
            throw new FakeRpcException(ControlErrorCode.EnrollmentRefused, "It is reserved for another.");
        var info = new EnrollmentReservationInfo { PeerName = request.PeerName, PublicKey = request.PublicKey, Addresses = addresses, HeldBy = _peers.Find(p => p.Name == request.PeerName)?.PublicKey };
        _reservations.RemoveAll(other => other.PeerName == info.PeerName && other.PublicKey == info.PublicKey);
        _reservations.Add(info);
        return info;
    }

    private EnrollmentReservationInfo Unreserve(EnrollmentReservationChoice choice)
    {
        var found = _reservations.Find(r => choice.Address is { } address ? r.Addresses.Contains(address) : choice.PublicKey is { } key ? r.PublicKey == key : r.PeerName == choice.PeerName)
            ?? throw new FakeRpcException(ControlErrorCode.EnrollmentNotFound, "Nothing is reserved for this peer.");
        _reservations.Remove(found);
        return found;
    }

    private EnrollmentOpened Open(EnrollmentOpenRequest request)
    {
        if (_window is not null)
            throw new FakeRpcException(ControlErrorCode.WindowOpen, "A window is open.");
        var seconds = request.Seconds ?? 60;
        if (seconds is < 1 or > 3600)
            throw new FakeRpcException(ControlErrorCode.InvalidValue, "seconds: not from 1 to 3600.");
        var number = ++_number;
        (_window, _closesAt, _guesses) = (request, DateTimeOffset.UtcNow.AddSeconds(seconds), 3);
        _joined.Clear();
        _ = RunAsync(number, seconds);
        return new EnrollmentOpened { Code = new ShownSecret(Digits.AsSpan(0, request.CodeLength ?? 6)), Seconds = seconds, ClosesAt = _closesAt };
    }

    private async Task RunAsync(int number, int seconds)
    {
        // Not before the answer is on its way: the real one tells of it while it answers.
        Tell(EnrollmentEvents.WindowOpened, null);
        var steps = script.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(s => s.Split(' '));
        var begun = Environment.TickCount64;
        foreach (var step in steps)
        {
            await Task.Delay((int)Math.Max(0, int.Parse(step[^1], CultureInfo.InvariantCulture) - (Environment.TickCount64 - begun)));
            lock (_gate)
            {
                if (_window is null || number != _number)
                    return;
                Do(step[0], step.Length > 2 ? step[1] : null);
            }
        }

        await Task.Delay((int)Math.Max(0, (seconds * 1000L) - (Environment.TickCount64 - begun)));
        lock (_gate)
        {
            if (number == _number)
                Close("time-over");
        }
    }

    private void Do(string what, string? name)
    {
        switch (what)
        {
            case "join":
                Join(name!, null);
                break;
            case "use":
                Join(name!, "00c0ffee12345678");
                break;
            case "wait":
                _waiting.Add(new WaitingPeerInfo { Name = name, PublicKey = KeyOf(name!), Fingerprint = FingerprintOf(KeyOf(name!)), Endpoint = "192.0.2.7:40000" });
                Tell(EnrollmentEvents.Waiting, name);
                break;
            case "refuse":
                Tell(EnrollmentEvents.Refused, name, "pool-exhausted");
                break;
            case "wrong":
                _guesses--;
                tell(new EngineEvent { Kind = EnrollmentEvents.WrongGuess, Tunnel = tunnel, Endpoint = "192.0.2.66:666", GuessesLeft = _guesses });
                if (_guesses == 0)
                    Close("wrong-guesses");
                break;
        }
    }

    private bool Close(string why)
    {
        if (_window is null)
            return false;
        _window = null;
        _waiting.Clear();
        Tell(EnrollmentEvents.WindowClosed, null, why);
        return true;
    }

    private EnrolledPeerInfo Join(string name, string? inviteId)
    {
        var peer = new EnrolledPeerInfo
        {
            PublicKey = KeyOf(name),
            Name = name,
            Addresses = [string.Create(CultureInfo.InvariantCulture, $"10.150.0.{_peers.Count + 2}/24")],
            JoinedAt = DateTimeOffset.UtcNow,
            LeaseEnds = DateTimeOffset.UtcNow.AddDays(30),
            InviteId = inviteId,
        };
        _peers.Add(peer);
        changed(peer, true);
        tell(new EngineEvent
        {
            Kind = EnrollmentEvents.Granted, Time = peer.JoinedAt, Tunnel = tunnel, PeerName = name, PeerPublicKey = peer.PublicKey, InviteId = inviteId, Detail = peer.Addresses[0],
        });
        if (inviteId is not null)
            return peer;
        _joined.Add(peer);
        if (_joined.Count == _window?.MaxPeers)
            Close("enough-peers");
        return peer;
    }

    private EnrollmentStatus Status() => new()
    {
        PublicKey = KeyOf(tunnel),
        Fingerprint = FingerprintOf(KeyOf(tunnel)),
        Endpoint = "vpn.example:51820",
        Window = _window is null ? null : new EnrollmentWindowInfo
        {
            ClosesAt = _closesAt,
            RemainingSeconds = (_closesAt - DateTimeOffset.UtcNow).TotalSeconds,
            GuessesLeft = _guesses,
            MaxPeers = _window.MaxPeers,
            Approve = _window.Approve,
            Joined = [.. _joined],
        },
        Waiting = [.. _waiting],
        Pools = [new EnrollmentPoolInfo { Prefix = "10.150.0.0/24", Server = "10.150.0.1", Taken = _peers.Count + 1, Free = 253 - _peers.Count }],
        Peers = [.. _peers],
        Invites = [.. _invites],
        Reservations = [.. _reservations],
    };

    private WaitingPeerInfo Take(string client)
    {
        var found = _waiting.Find(w => w.PublicKey == client || w.Fingerprint == client || w.Name == client)
            ?? throw new FakeRpcException(ControlErrorCode.EnrollmentNotFound, "No client that waits is called so.");
        _waiting.Remove(found);
        return found;
    }

    private EnrollmentInvite Invite(EnrollmentInviteRequest request)
    {
        var seconds = request.ExpiresInSeconds ?? 86_400;
        if (seconds < 60)
            throw new FakeRpcException(ControlErrorCode.InvalidValue, $"expiresInSeconds: {seconds} is not from 60 to 31536000.");
        var info = new EnrollmentInviteInfo
        {
            Id = (0x00c0ffee12345678 + _invites.Count).ToString("x16", CultureInfo.InvariantCulture),
            PeerName = request.PeerName,
            UsesLeft = request.MaxUses ?? 1,
            MaxUses = request.MaxUses ?? 1,
            Expires = DateTimeOffset.UtcNow.AddSeconds(seconds),
        };
        _invites.Add(info);
        TellInvite(EnrollmentEvents.InviteMade, info);
        var link = $"wg-enroll://{request.Endpoint ?? "vpn.example:51820"}/AQUMExohKC82PURLUllgZ25_RuD5vJrllXRZ0pq2aEyAAcgIawAAAAD5QpqH";
        return new EnrollmentInvite { Id = info.Id, Link = new ShownSecret(link), Expires = info.Expires, MaxUses = info.MaxUses, PeerName = info.PeerName };
    }

    private void TellInvite(string kind, EnrollmentInviteInfo invite) =>
        tell(new EngineEvent { Kind = kind, Time = DateTimeOffset.UtcNow, Tunnel = tunnel, PeerName = invite.PeerName, InviteId = invite.Id });

    private void Tell(string kind, string? name, string? detail = null) => tell(new EngineEvent
    {
        Kind = kind,
        Time = DateTimeOffset.UtcNow,
        Tunnel = tunnel,
        PeerName = name,
        PeerPublicKey = name is null ? null : KeyOf(name),
        Endpoint = name is null ? null : "192.0.2.7:40000",
        Detail = detail,
    });
}
