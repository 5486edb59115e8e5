using System.Net;
using System.Text;

namespace WireGuard.Engine.HostNetwork;

/// <summary>
/// Tells the host's resolver of a tunnel's name servers, as wg-quick does: all names go to them. systemd-resolved is asked first;
/// else resolvconf(8), whose record outlives the engine and so has a line in the journal. /etc/resolv.conf is never edited here.
/// </summary>
/// <param name="searchPath">Folders of programs, with colons between them.</param>
/// <param name="resolved">A folder that is there while systemd-resolved runs.</param>
/// <param name="interfaceOrder">A file of Debian's resolvconf: records count in the order of their names' beginnings.</param>
internal sealed class HostResolver(HostChanges changes, string searchPath, string resolved = "/run/systemd/resolve", string interfaceOrder = "/etc/resolvconf/interface-order")
{
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private Action? _undo;

    /// <summary>That of the engine's own environment.</summary>
    public static string SearchPath => Environment.GetEnvironmentVariable("PATH") is { Length: > 0 } path ? path : DefaultPath;

    /// <summary>All or nothing.</summary>
    /// <exception cref="HostNetworkException">There is no resolver that could be told, or it refused.</exception>
    public void Set(string interfaceName, IReadOnlyList<IPAddress> servers, IReadOnlyList<string> searchDomains)
    {
        var step = $"setting the name servers of {interfaceName}";
        // Either program would take it for an option or a path.
        if (!ResolverRecord.IsName(interfaceName))
            throw new HostNetworkException(step, "a tunnel with DNS needs a name that begins with a letter, a digit or '_'");
        if (Directory.Exists(resolved) && HostProgram.Find("resolvectl", searchPath) is { } resolvectl)
            SetLink(resolvectl, step, interfaceName, servers, searchDomains);
        else if (HostProgram.Find("resolvconf", searchPath) is { } resolvconf)
            AddRecord(resolvconf, step, interfaceName, servers, searchDomains);
        else
            throw new HostNetworkException(step, "neither systemd-resolved (resolvectl) nor resolvconf is here; install one (Debian: openresolv), or leave the DNS line out and see to name servers yourself");
    }

    /// <summary>Takes back what <see cref="Set"/> did.</summary>
    /// <exception cref="HostNetworkException"/>
    public void Undo()
    {
        _undo?.Invoke();
        // Not before: what failed may be tried again.
        _undo = null;
    }

    private void SetLink(HostProgram resolvectl, string step, string link, IReadOnlyList<IPAddress> servers, IReadOnlyList<string> searchDomains)
    {
        // Whatever of it was done goes with the link, too.
        _undo = () => resolvectl.Run($"taking back the name servers of {link}", ["revert", link]);
        try
        {
            if (servers.Count > 0)
                resolvectl.Run(step, ["dns", link, .. servers.Select(server => server.ToString())]);
            // "~." sends every name there that no other link claims.
            resolvectl.Run(step, ["domain", link, .. searchDomains, .. (string[])(servers.Count > 0 ? ["~."] : [])]);
        }
        catch
        {
            UndoQuietly();
            throw;
        }
    }

    private void AddRecord(HostProgram resolvconf, string step, string interfaceName, IReadOnlyList<IPAddress> servers, IReadOnlyList<string> searchDomains)
    {
        var record = new ResolverRecord(NameOf(interfaceName));
        var text = new StringBuilder();
        foreach (var server in servers)
            text.Append("nameserver ").Append(server).Append('\n');
        if (searchDomains.Count > 0)
            text.Append("search ").AppendJoin(' ', searchDomains).Append('\n');
        changes.Add(record, step, () =>
        {
            try
            {
                resolvconf.Run(step, ["-a", record.Name, "-m", "0", "-x"], text.ToString());
            }
            catch
            {
                Delete(resolvconf, record);
                throw;
            }
        });
        _undo = () => changes.Remove(record, searchPath);
    }

    private string NameOf(string interfaceName)
    {
        if (!File.Exists(interfaceOrder))
            return interfaceName;
        // Debian's program knows what a record is worth by its name, and names of tunnels are anybody's choice.
        var first = File.ReadLines(interfaceOrder).Select(line => line.Trim()).FirstOrDefault(line => line.Length > 1 && line[^1] == '*' && line[..^1].All(c => char.IsAsciiLetterOrDigit(c) || c == '-'));
        return first is null ? interfaceName : $"{first[..^1]}.{interfaceName}";
    }

    private void UndoQuietly()
    {
        try
        {
            Undo();
        }
        catch (HostNetworkException)
        {
            // The failure that led here is the one to tell.
        }
    }

    private static void Delete(HostProgram resolvconf, ResolverRecord record)
    {
        try
        {
            resolvconf.Run("", ["-d", record.Name, "-f"]);
        }
        catch (HostNetworkException)
        {
            // As above.
        }
    }
}
