using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Errors;

namespace WireGuard.Client;

/// <summary>The tunnels of this machine: one control socket each in one directory, some of them left behind.</summary>
internal sealed class TunnelDirectory(string directory)
{
    private const string Suffix = ".sock";

    internal static TunnelDirectory Current => new(ControlProtocol.Directory);

    internal string SocketPath(string tunnel) => Path.Combine(directory, tunnel + Suffix);

    /// <summary>Names of all sockets, sorted; nobody has been asked whether somebody listens.</summary>
    /// <exception cref="WgException">EngineAccessDenied.</exception>
    internal IReadOnlyList<string> Names()
    {
        try
        {
            var names = new List<string>();
            foreach (var path in Directory.EnumerateFiles(directory, "*" + Suffix))
            {
                var name = Path.GetFileName(path)[..^Suffix.Length];
                if (TunnelName.IsValid(name))
                    names.Add(name);
            }

            names.Sort(StringComparer.Ordinal);
            return names;
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (UnauthorizedAccessException e)
        {
            throw new WgException(ErrorIds.EngineAccessDenied, $"The directory of control sockets ({directory}) may not be read by this user.", e);
        }
    }

    /// <summary>
    /// The tunnel's engine has changed something on the host that would outlive it; told by a file that it keeps until
    /// all of that is undone.
    /// </summary>
    internal bool HasLeftovers(string tunnel)
    {
        try
        {
            return Directory.EnumerateFiles(directory, $"{tunnel}@*.undo").Any();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Names of the sockets that somebody listens on, all asked at once.</summary>
    internal async Task<IReadOnlyList<string>> LiveNamesAsync(CancellationToken cancellation)
    {
        var names = Names();
        var live = await Task.WhenAll(names.Select(n => ControlSocket.IsListeningAsync(SocketPath(n), cancellation))).ConfigureAwait(false);
        return [.. names.Where((_, i) => live[i])];
    }

    /// <inheritdoc cref="EngineClient.ConnectAsync"/>
    internal Task<EngineClient> ConnectAsync(string tunnel, EngineTimeouts timeouts, CancellationToken cancellation)
    {
        var path = SocketPath(tunnel);
        return EngineClient.ConnectAsync(path, tunnel, timeouts, cancellation);
    }
}
