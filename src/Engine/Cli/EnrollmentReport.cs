using System.Globalization;
using WireGuard.Api;

namespace WireGuard.Engine.Cli;

/// <summary>Enrollments in words.</summary>
internal static class EnrollmentReport
{
    public static void Write(TextWriter output, string tunnel, EnrollmentStatus status, DateTimeOffset now)
    {
        output.WriteLine($"{tunnel}: {Count(status.Peers.Count, "peer")}, {(status.Window is { } window ? Describe(window) : "no window open")}");
        output.WriteLine($"  public key: {status.PublicKey}");
        if (status.Endpoint is { } endpoint)
            output.WriteLine($"  endpoint: {endpoint}");
        foreach (var pool in status.Pools)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  pool: {pool.Prefix}, {pool.Taken} taken, {(pool.Free == long.MaxValue ? "plenty" : pool.Free)} free"));
        foreach (var client in status.Waiting)
            output.WriteLine($"  waiting: {NameOf(client.Name)} from {client.Endpoint}, fingerprint {Group(client.Fingerprint)}");
        foreach (var peer in status.Peers)
        {
            var lease = peer.LeaseEnds is not { } ends ? "" : ends > now ? $", for {HumanText.Duration(ends - now)}" : ", its lease is over";
            output.WriteLine($"  peer: {NameOf(peer.Name)}, {string.Join(", ", peer.Addresses)}, joined {HumanText.Ago(now - peer.JoinedAt)}{lease}, {peer.PublicKey}");
        }

        foreach (var invite in status.Invites)
            output.WriteLine($"  invitation: {invite.Id}, {NameOf(invite.PeerName)}, {Count(invite.UsesLeft, "use")} left, for {HumanText.Duration(invite.Expires - now)}");
        foreach (var reservation in status.Reservations)
            output.WriteLine($"  reserved: {string.Join(", ", reservation.Addresses)} for {WhoOf(reservation)}{(reservation.HeldBy is null ? ", not taken yet" : "")}");
    }

    /// <summary>Whom it is for.</summary>
    public static string WhoOf(EnrollmentReservationInfo reservation) => reservation.PeerName is { } name ? NameOf(name) : reservation.PublicKey ?? "nobody";

    /// <summary>What becomes of the addresses of who is out.</summary>
    public static string WhatBecomesOf(IReadOnlyList<string> addresses, IReadOnlyList<EnrollmentReservationInfo> reservations)
    {
        var reserved = addresses.GroupBy(address => reservations.FirstOrDefault(reservation => reservation.Addresses.Contains(address.Split('/')[0])) is { } kept ? WhoOf(kept) : null);
        return string.Join("; ", reserved.OrderBy(group => group.Key is not null).Select(group => $"{string.Join(", ", group)} is {(group.Key is { } whom ? $"still reserved for {whom}" : "free")}")) + ".";
    }

    /// <summary>What an event means to who watches a window; null: nothing.</summary>
    public static string? Line(EngineEvent happened, string tunnel) => happened.Kind switch
    {
        EnrollmentEvents.Granted => $"{NameOf(happened.PeerName)} has joined from {happened.Endpoint}: {happened.Detail}",
        EnrollmentEvents.Refused => $"{NameOf(happened.PeerName)} from {happened.Endpoint} was refused: {happened.Detail}",
        EnrollmentEvents.WrongGuess => $"a wrong code from {happened.Endpoint}; {Count(happened.GuessesLeft ?? 0, "more guess", "more guesses")} until the window closes",
        EnrollmentEvents.Waiting => happened.PeerPublicKey is { } key && PublicKey.TryParse(key, out var parsed)
            ? $"{NameOf(happened.PeerName)} waits: wireguard-engine approve {tunnel} {Hosting.EnrollmentWords.Fingerprint(parsed)}  (or deny)"
            : null,
        EnrollmentEvents.WindowClosed => happened.Detail switch
        {
            "time-over" => "The window has closed: time is over.",
            "wrong-guesses" => "The window has closed: three codes were wrong.",
            "enough-peers" => "The window has closed: all have joined.",
            "opener-gone" => "The window has closed: who opened it is gone.",
            _ => "The window is closed.",
        },
        _ => null,
    };

    /// <summary>Digits, or hexadecimal ones, in groups that can be read aloud.</summary>
    public static string Group(ReadOnlySpan<char> text)
    {
        var size = text.Length <= 8 ? (text.Length + 1) / 2 : 4;
        var groups = new List<string>();
        for (; text.Length > size; text = text[size..])
            groups.Add(text[..size].ToString());
        groups.Add(text.ToString());
        return string.Join(text.Length <= 4 && groups.Count == 2 ? ' ' : '-', groups);
    }

    private static string Describe(EnrollmentWindowInfo window) => string.Create(
        CultureInfo.InvariantCulture,
        $"a window is open for {Math.Ceiling(window.RemainingSeconds):0} s, {window.Joined.Count}{(window.MaxPeers is { } most ? $" of {most}" : "")} joined, {Count(window.GuessesLeft, "wrong guess", "wrong guesses")} left{(window.Approve ? ", each to be approved" : "")}");

    private static string NameOf(string? name) => name is null ? "(no name)" : $"'{name}'";

    private static string Count(int number, string one, string? many = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {(number == 1 ? one : many ?? one + "s")}");
}
