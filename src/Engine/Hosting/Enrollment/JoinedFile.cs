using System.Security.Cryptography;
using System.Text;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Enrollment;
using WireGuard.Engine.Noise;

namespace WireGuard.Engine.Hosting;

/// <summary>
/// The configuration file that a join writes: which one it is, the key in it, which is kept from before the first datagram on, and what
/// the server hands out. A file of anybody else's is never written.
/// </summary>
internal sealed class JoinedFile : IDisposable
{
    private const string BeforeExtension = ".before";

    private readonly string _directory;
    private readonly string _server;
    private readonly bool _mayMove;
    private readonly bool _hasKeptKey;
    private readonly bool _isOfNoUse;
    private bool _isThere;

    // Tells others that this join is under way, and ends with the process however that ends.
    private FileStream? _underWay;

    private JoinedFile(string directory, string name, string server, bool isThere, SecretKey? kept, bool isOfNoUse, bool mayMove)
    {
        (_directory, Name, _server, _isThere, _isOfNoUse, _mayMove) = (directory, name, server, isThere, isOfNoUse, mayMove);
        _hasKeptKey = kept is not null;
        Server = _isThere ? JoinedNames.ServerOf(Path) : null;
        Key = kept ?? SecretKey.RandomPrivateKey();
    }

    internal string Path => JoinedNames.PathOf(_directory, Name);

    internal string Name { get; private set; }

    /// <summary>Whether this server was joined before; key and addresses stay.</summary>
    internal bool IsAgain => _isThere && Moved is null;

    internal SecretKey Key { get; }

    /// <summary>The key of the server that was joined before; null: none was.</summary>
    internal PublicKey? Server { get; private set; }

    /// <summary>Where the text is that <see cref="Write(JoinResult, HostEndpoint)"/> has replaced; null: it has replaced none.</summary>
    internal string? Before { get; private set; }

    /// <summary>The key that the server knew this host by, when it turned out to be one that was joined under another address; null: it did not.</summary>
    internal PublicKey? Moved { get; private set; }

    /// <summary>The key of the server before, when another one answers where it was; null: it is the same.</summary>
    internal PublicKey? ServerBefore { get; private set; }

    /// <summary>Where the key waits for another try; null: there is no such file.</summary>
    internal string? KeptKey => !_isThere && File.Exists(Joining) ? Joining : null;

    private string Joining => Path + JoinedNames.JoiningExtension;

    /// <param name="name">Of the tunnel; null: the one that this server was joined with, or wg0, or the next that is free.</param>
    /// <param name="server">HOST:PORT as it was told.</param>
    /// <param name="fingerprint">Of the server's key, if that is known.</param>
    /// <param name="objection">Why a name cannot be had, with the file that a join has left there, or null for a new one; null: it can.</param>
    /// <exception cref="StartException">The file or the tunnel of that name is somebody else's, or the file cannot be read.</exception>
    internal static JoinedFile Choose(string? name, HostEndpoint server, byte[]? fingerprint, string directory, Func<string, string?, string?> objection)
    {
        var at = server.ToString();
        var chosen = name ?? JoinedNames.Find(directory, at, fingerprint) ?? NextFree(directory, objection);
        var path = JoinedNames.PathOf(directory, chosen);
        var joining = path + JoinedNames.JoiningExtension;
        var isThere = File.Exists(path);
        if (isThere)
            RequireSame(path, at, fingerprint);
        if (objection(chosen, isThere ? path : null) is { } why)
            throw new StartException(StartErrorId.TunnelExists, $"{why} It is not touched; {(isThere ? $"`down {chosen}` first" : "choose another name")}.");
        // What is left of a join to elsewhere that was cut short is of use to nobody.
        var isJoining = File.Exists(joining);
        var kept = isThere ? path : isJoining && JoinedNames.IsOf(JoinedNames.MarkOf(joining, JoinedNames.JoiningMark), at) ? joining : null;
        return new JoinedFile(directory, chosen, at, isThere, kept is null ? null : ReadKey(kept), isOfNoUse: isJoining && kept is null, mayMove: name is null && !isThere);
    }

    /// <summary>Puts the key where a second try finds it: the server may know it before we hear so.</summary>
    /// <exception cref="IOException"/>
    /// <exception cref="StartException">Another join has taken the name since it was chosen.</exception>
    internal void KeepKey()
    {
        if (!_hasKeptKey)
        {
            if (_isOfNoUse && IsUnderWay(Joining))
                throw UnderWay();
            using var config = new TunnelConfig { Interface = new InterfaceSection { PrivateKey = Key.Clone() } };
            Write(config, JoinedNames.JoiningMark + _server, text =>
            {
                if (_isOfNoUse)
                    PrivateFile.Replace(Joining, text);
                else
                    CreateKept(text);
            });
        }

        if (!_isThere)
            _underWay = new FileStream(Joining, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
    }

    /// <summary>Takes the key away that was made for this try: nobody has seen it.</summary>
    /// <exception cref="IOException"/>
    internal void ForgetKey()
    {
        if (!_hasKeptKey)
            File.Delete(Joining);
    }

    /// <summary>
    /// Writes what came of it. A file that says so already stays as it is, with what its owner has added; what another says is
    /// kept beside it. The caller disposes of what is returned.
    /// </summary>
    /// <exception cref="IOException">There is a file now that was not there before, or the system refused (also UnauthorizedAccessException).</exception>
    internal TunnelConfig Write(JoinResult result, HostEndpoint endpoint)
    {
        var grant = result.Grant;
        var joining = Joining;
        if (_mayMove && JoinedNames.Find(_directory, result.Server) is { } other)
            MoveTo(other);
        else if (Server is { } before && before != result.Server)
            ServerBefore = before;
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
            Write(config, JoinedNames.JoinedMark + _server, text =>
            {
                if (_isThere)
                    PrivateFile.Replace(Path, text);
                else
                    PrivateFile.Create(Path, text);
            });
            File.Delete(joining);
            return config;
        }
        catch
        {
            config.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _underWay?.Dispose();
        Key.Dispose();
    }

    private static string NextFree(string directory, Func<string, string?, string?> objection)
    {
        for (var number = 0; ; number++)
        {
            var name = $"wg{number}";
            var path = JoinedNames.PathOf(directory, name);
            // What a join has left that was ended by force is in nobody's way.
            if (!File.Exists(path) && !IsUnderWay(path + JoinedNames.JoiningExtension) && objection(name, null) is null)
                return name;
        }
    }

    private static bool IsUnderWay(string joining)
    {
        try
        {
            if (File.Exists(joining))
                new FileStream(joining, FileMode.Open, FileAccess.Read, FileShare.None).Dispose();
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (Exception held) when (held is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    private static void RequireSame(string path, string at, byte[]? fingerprint)
    {
        var mark = JoinedNames.MarkOf(path, JoinedNames.JoinedMark);
        if (mark is null)
            throw new StartException(StartErrorId.TunnelExists, $"{path} is there, and does not come from joining. It is not touched; choose another name.");
        if (JoinedNames.IsOf(mark, at) || (fingerprint is not null && JoinedNames.ServerOf(path) is { } key && JoinedNames.IsOf(key, fingerprint)))
            return;
        throw new StartException(StartErrorId.TunnelExists, $"{path} comes from joining {mark}, not {at}. It is not touched; choose another name, or none: should both be the same server, that shows by its key.");
    }

    // The server knows this host twice now, and a second tunnel to it would take the first one's packets.
    private void MoveTo(string other)
    {
        Name = other;
        using (var old = ReadKey(Path))
        using (var identity = new StaticIdentity(old))
            Moved = identity.PublicKey;
        Server = JoinedNames.ServerOf(Path);
        _isThere = true;
    }

    private StartException UnderWay() => new(StartErrorId.TunnelExists, $"Another join of {Name} has begun just now. Wait for it, or choose another name.");

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
            PrivateFile.Create(Joining, text);
        }
        catch (IOException) when (File.Exists(Joining))
        {
            throw UnderWay();
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
