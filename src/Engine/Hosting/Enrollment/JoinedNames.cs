using System.Security.Cryptography;
using System.Text;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Enrollment;

namespace WireGuard.Engine.Hosting;

/// <summary>
/// Which files of a directory come from joining, and what. A server is known by its key, which the file of a join has; where
/// it was reached, which the file's first line says, is a hint for when the key is not known yet.
/// </summary>
internal static class JoinedNames
{
    internal const string JoinedMark = "# Joined ";
    internal const string JoiningMark = "# Joining ";
    internal const string JoiningExtension = ".joining";

    private const int LongestMark = 512;

    internal static string PathOf(string directory, string name) => Path.Combine(directory, name + TunnelName.FileExtension);

    /// <summary>The tunnel that this server was joined with, or is being; null: none.</summary>
    /// <param name="server">HOST:PORT as it was told.</param>
    /// <param name="fingerprint">Null: the server's key is not known.</param>
    internal static string? Find(string directory, string server, byte[]? fingerprint) =>
        (fingerprint is null ? null : Joined(directory).FirstOrDefault(name => ServerOf(PathOf(directory, name)) is { } key && IsOf(key, fingerprint)))
        ?? Joined(directory).FirstOrDefault(name => IsOf(MarkOf(PathOf(directory, name), JoinedMark), server))
        ?? Names(directory, TunnelName.FileExtension + JoiningExtension).FirstOrDefault(name => IsOf(MarkOf(PathOf(directory, name) + JoiningExtension, JoiningMark), server));

    /// <summary>The tunnel that comes from joining the server of this key; null: none.</summary>
    internal static string? Find(string directory, PublicKey server) =>
        Joined(directory).FirstOrDefault(name => ServerOf(PathOf(directory, name)) == server);

    /// <summary>Whether a mark names this place; names of hosts are the same in capitals.</summary>
    internal static bool IsOf(string? mark, string server) => server.Equals(mark, StringComparison.OrdinalIgnoreCase);

    internal static bool IsOf(in PublicKey server, byte[] fingerprint) => Credential.Fingerprint(server).AsSpan().SequenceEqual(fingerprint);

    /// <summary>What stands behind the mark in the first line; null when that is another's.</summary>
    internal static string? MarkOf(string path, string mark)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            Span<byte> start = stackalloc byte[LongestMark];
            start = start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
            var end = start.IndexOf((byte)'\n');
            var line = end < 0 ? "" : Encoding.UTF8.GetString(start[..end]);
            CryptographicOperations.ZeroMemory(start);
            return line.StartsWith(mark, StringComparison.Ordinal) ? line[mark.Length..].TrimEnd() : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The key of the server that a file of a join leads to; null when it does not say.</summary>
    internal static PublicKey? ServerOf(string path)
    {
        using var config = ConfigParser.ParseFile(path).Config;
        return config?.Peers is [var peer, ..] ? peer.PublicKey : null;
    }

    private static IEnumerable<string> Joined(string directory) => Names(directory, TunnelName.FileExtension).Where(name => MarkOf(PathOf(directory, name), JoinedMark) is not null);

    private static IEnumerable<string> Names(string directory, string extension) => !Directory.Exists(directory) ? []
        : Directory.EnumerateFiles(directory, "*" + extension).Order(StringComparer.Ordinal)
            .Select(path => Path.GetFileName(path)[..^extension.Length])
            .Where(TunnelName.IsValid);
}
