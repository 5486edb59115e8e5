using System.Management.Automation;
using WireGuard.Api;

namespace WireGuard.Commands;

/// <summary>
/// What is seen of a window while it is open: the code, the time that is left, who comes. The code goes to the host as
/// Write-Host's text does, and to no other stream. On the pipeline's thread.
/// </summary>
internal sealed class EnrollmentDisplay(PSCmdlet cmdlet, string tunnel)
{
    private long _openedAt;
    private TimeSpan _open;
    private int _joined;

    /// <summary>Zeroes the code.</summary>
    internal void Show(EnrollmentOpened window)
    {
        using (window)
        {
            (_openedAt, _open) = (Environment.TickCount64, TimeSpan.FromSeconds(window.Seconds));
            Say($"The code of tunnel '{tunnel}', for {window.Seconds} s: {Grouped(window.Code.Reveal())}");
        }
    }

    /// <summary>Null until it is open.</summary>
    internal ProgressRecord? Progress(TimeSpan waited)
    {
        if (_openedAt == 0)
            return null;
        var left = _open - TimeSpan.FromMilliseconds(Environment.TickCount64 - _openedAt);
        var seconds = Math.Max(0, (int)Math.Ceiling(left.TotalSeconds));
        return new ProgressRecord(0, $"Tunnel '{tunnel}' takes its code", $"{_joined} joined")
        {
            SecondsRemaining = seconds,
            PercentComplete = (int)Math.Clamp(100 - (100 * left / _open), 0, 100),
        };
    }

    internal void Tell(EngineEvent news, EnrolledPeerInfo? peer)
    {
        switch (news.Kind)
        {
            case EnrollmentEvents.Granted when peer is not null:
                _joined++;
                cmdlet.WriteObject(peer.ToModel(tunnel));
                break;
            case EnrollmentEvents.WrongGuess:
                cmdlet.WriteWarning($"A wrong code came from {news.Endpoint}; {news.GuessesLeft} more and the window closes.");
                break;
            case EnrollmentEvents.Refused when news.InviteId is null:
                cmdlet.WriteWarning($"{Who(news)} has the code and was refused: {news.Detail}.");
                break;
            case EnrollmentEvents.Waiting:
                Say($"{Who(news)} waits: compare the fingerprints, then Approve-WgEnrollment or Deny-WgEnrollment in another session ((Get-WgEnrollment {tunnel}).Waiting).");
                break;
        }
    }

    internal void SayWhyItClosed(string why)
    {
        if (why == "wrong-guesses")
            cmdlet.WriteWarning($"The window of tunnel '{tunnel}' was closed by three wrong codes. Somebody mistyped, or guessed.");
        else
            cmdlet.WriteVerbose($"The window of tunnel '{tunnel}' has closed: {why}.");
    }

    /// <summary>In two halves, as people read it out.</summary>
    internal static string Grouped(string code) => $"{code[..(code.Length / 2)]} {code[(code.Length / 2)..]}";

    private static string Who(EngineEvent news) => $"'{WgDisplay.Text(news.PeerName ?? "(nameless)")}' from {news.Endpoint}";

    private void Say(string text) => cmdlet.WriteInformation(new HostInformationMessage { Message = text }, ["PSHOST"]);
}
