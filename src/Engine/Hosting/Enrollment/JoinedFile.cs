using System.Security.Cryptography;
using System.Text;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Enrollment;

namespace WireGuard.Engine.Hosting;

/// <summary>
/// The configuration file that a join writes: which one it is, the key in it, which is kept from before the first datagram on, and what
/// the server hands out. A file of anybody else's is never written.
/// </summary>
internal sealed class JoinedFile : IDisposable
{
    private const string JoinedMark = "# Joined ";
    private const string JoiningMark = "# Joining ";
    private const string JoiningExtension = ".joining";
    private const string BeforeExtension = ".before";
    private const int LongestMark = 512;

    private readonly string _server;
    private readonly bool _isThere;
    private readonly bool _hasKeptKey;
    private readonly bool _isOfNoUse;

    private JoinedFile(string path, string name, string server, bool isThere, SecretKey? kept, bool isOfNoUse)
    {
        _isOfNoUse = isOfNoUse;
        (Path, Name, _server, _isThere) = (path, name, server, isThere);
        _hasKeptKey = kept is not null;
        Key = kept ?? SecretKey.RandomPrivateKey();
    }

    internal string Path { get; }

    internal string Name { get; }

    /// <summary>Whether this server was joined before; key and addresses stay.</summary>
    internal bool IsAgain => _isThere;

    internal SecretKey Key { get; }

    /// <summary>Where the text is that <see cref="Write(JoinResult, HostEndpoint)"/> has replaced; null: it has replaced none.</summary>
    internal string? Before { get; private set; }

    /// <param name="name">Of the tunnel; null: the one that this server was joined with, or wg0, or the next that is free.</param>
    /// <param name="server">HOST:PORT as it was told.</param>
    /// <param name="isTaken">Whether there is an interface of that name.</param>
    /// <exception cref="StartException">The file of that name is somebody else's, or cannot be read.</exception>
    internal static JoinedFile Choose(string? name, HostEndpoint server, string directory, Func<string, bool> isTaken)
    {
        var at = server.ToString();
        if (name is null)
        {
            name = NamesWith(directory, TunnelName.FileExtension, JoinedMark, at).Concat(NamesWith(directory, TunnelName.FileExtension + JoiningExtension, JoiningMark, at)).FirstOrDefault();
            for (var number = 0; name is null; number++)
            {
                var candidate = $"wg{number}";
                var free = PathOf(directory, candidate);
                if (!File.Exists(free) && !File.Exists(free + JoiningExtension) && !isTaken(candidate))
                    name = candidate;
            }
        }

        var path = PathOf(directory, name);
        var joining = path + JoiningExtension;
        var isThere = File.Exists(path);
        if (isThere && MarkOf(path, JoinedMark) != at)
            throw new StartException(StartErrorId.TunnelExists, $"{path} is there, and does not come from joining {at}. It is not touched; choose another name.");
        // What is left of a join to elsewhere that was cut short is of use to nobody.
        var isJoining = File.Exists(joining);
        var kept = isThere ? path : isJoining && MarkOf(joining, JoiningMark) == at ? joining : null;
        return new JoinedFile(path, name, at, isThere, kept is null ? null : ReadKey(kept), isOfNoUse: isJoining && kept is null);
    }

    /// <summary>Puts the key where a second try finds it: the server may know it before we hear so.</summary>
    /// <exception cref="IOException"/>
    /// <exception cref="StartException">Another join has taken the name since it was chosen.</exception>
    internal void KeepKey()
    {
        if (_hasKeptKey)
            return;
        using var config = new TunnelConfig { Interface = new InterfaceSection { PrivateKey = Key.Clone() } };
        Write(config, JoiningMark + _server, text =>
        {
            if (_isOfNoUse)
                PrivateFile.Replace(Path + JoiningExtension, text);
            else
                CreateKept(text);
        });
    }

    /// <summary>Takes the key away that was made for this try: nobody has seen it.</summary>
    /// <exception cref="IOException"/>
    internal void ForgetKey()
    {
        if (!_hasKeptKey)
            File.Delete(Path + JoiningExtension);
    }

    /// <summary>
    /// Writes what came of it. A file that says so already stays as it is, with what its owner has added; what another says is
    /// kept beside it. The caller disposes of what is returned.
    /// </summary>
    /// <exception cref="IOException">There is a file now that was not there before, or the system refused (also UnauthorizedAccessException).</exception>
    internal TunnelConfig Write(JoinResult result, HostEndpoint endpoint)
    {
        var grant = result.Grant;
        var config = new TunnelConfig
        {
            Path = Path,
            Interface = new InterfaceSection
            {
                PrivateKey = Key.Clone(),
                Addresses = [.. grant.Addresses.Select(address => new InterfaceAddress(address.Address, address.PrefixLength))],
                DnsServers = grant.Dns,
                Mtu = grant.Mtu,
            },
            Peers =
            [
                new PeerSection
                {
                    PublicKey = result.Server,
                    PresharedKey = result.PresharedKey!.Clone(),
                    AllowedIPs = [.. grant.AllowedIPs.Select(prefix => new System.Net.IPNetwork(prefix.Address, prefix.PrefixLength))],
                    Endpoint = endpoint,
                    PersistentKeepalive = grant.Keepalive,
                },
            ],
        };
        try
        {
            if (_isThere && IsSaidAlready(config))
                return config;
            if (_isThere)
                KeepBefore();
            Write(config, JoinedMark + _server, text =>
            {
                if (_isThere)
                    PrivateFile.Replace(Path, text);
                else
                    PrivateFile.Create(Path, text);
            });
            File.Delete(Path + JoiningExtension);
            return config;
        }
        catch
        {
            config.Dispose();
            throw;
        }
    }

    public void Dispose() => Key.Dispose();

    private static string PathOf(string directory, string name) => System.IO.Path.Combine(directory, name + TunnelName.FileExtension);

    private static IEnumerable<string> NamesWith(string directory, string extension, string mark, string server) => !Directory.Exists(directory) ? []
        : Directory.EnumerateFiles(directory, "*" + extension).Order(StringComparer.Ordinal)
            .Where(path => MarkOf(path, mark) == server)
            .Select(path => System.IO.Path.GetFileName(path)[..^extension.Length])
            .Where(TunnelName.IsValid);

    // Null when the first line is another's.
    private static string? MarkOf(string path, string mark)
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

    private static SecretKey ReadKey(string path)
    {
        using var config = ConfigParser.ParseFile(path).Config;
        return config?.Interface.PrivateKey?.Clone()
            ?? throw new StartException(StartErrorId.ConfigInvalid, $"{path} has no key that could be used again. Mend it, or take it away.");
    }

    private void CreateKept(byte[] text)
    {
        try
        {
            PrivateFile.Create(Path + JoiningExtension, text);
        }
        catch (IOException) when (File.Exists(Path + JoiningExtension))
        {
            throw new StartException(StartErrorId.TunnelExists, $"Another join of {Name} has begun just now. Wait for it, or choose another name.");
        }
    }

    private bool IsSaidAlready(TunnelConfig granted)
    {
        using var there = ConfigParser.ParseFile(Path).Config;
        return there is { Peers: [var peer, ..] }
            && there.Interface.Addresses.SequenceEqual(granted.Interface.Addresses)
            && there.Interface.DnsServers.SequenceEqual(granted.Interface.DnsServers)
            && there.Interface.Mtu == granted.Interface.Mtu
            && granted.Peers[0] is var server
            && peer.PublicKey == server.PublicKey
            && server.PresharedKey!.Equals(peer.PresharedKey)
            && peer.AllowedIPs.SequenceEqual(server.AllowedIPs)
            && Equals(peer.Endpoint, server.Endpoint)
            && peer.PersistentKeepalive == server.PersistentKeepalive;
    }

    private void KeepBefore()
    {
        var text = File.ReadAllBytes(Path);
        try
        {
            PrivateFile.Replace(Path + BeforeExtension, text);
            Before = Path + BeforeExtension;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }

    private static void Write(TunnelConfig config, string mark, Action<byte[]> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true))
        {
            writer.Write(mark);
            writer.Write('\n');
            ConfigWriter.Write(config, writer, ConfigWriteOptions.IncludeSecrets);
        }

        var text = stream.ToArray();
        try
        {
            write(text);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
            CryptographicOperations.ZeroMemory(stream.GetBuffer());
        }
    }
}
