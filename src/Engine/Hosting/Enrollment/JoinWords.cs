using System.Globalization;
using WireGuard.Engine.Enrollment;

namespace WireGuard.Engine.Hosting;

/// <summary>What a join that came to something tells people.</summary>
internal static class JoinWords
{
    /// <param name="server">As it was told.</param>
    internal static IEnumerable<string> Describe(GrantPayload grant, JoinedFile file, string server, DateTimeOffset now)
    {
        var name = grant.Name is { } called ? $" as '{called}'" : "";
        yield return $"Joined {server}{name}: {string.Join(", ", grant.Addresses)}; {file.Path} {(file.IsAgain && file.Before is null ? "says so already" : "is written")}.";
        if (file.Before is { } before)
            yield return $"What {file.Path} said before is in {before}.";
        if (file.Moved is { } known)
            yield return $"It is the server that {file.Name} was joined with under another address, and knew this host by the key {known}: that peer can be revoked there.";
        if (file.ServerBefore is not null)
            yield return $"Its key is another than it was in {file.Path}: it was set up anew, or another server answers there.";
        yield return $"Through the tunnel goes what is for {string.Join(", ", grant.AllowedIPs)}.";
        if (grant.LeaseSeconds is { } seconds)
            yield return $"The server lets this host in until {now.AddSeconds(seconds).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)}. Nothing renews that by itself: join again before, with a new code or an invitation.";
    }
}
