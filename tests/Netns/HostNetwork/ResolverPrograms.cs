namespace WireGuard.Tests.HostNetwork;

/// <summary>Stand-ins for resolvectl and resolvconf that write down what they are told; resolvconf keeps its records as files.</summary>
internal sealed class ResolverPrograms : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("wgt-");

    public ResolverPrograms()
    {
        foreach (var folder in new[] { "bin", "records", "resolved" })
            _directory.CreateSubdirectory(folder);
    }

    /// <summary>Before all others.</summary>
    public string SearchPath => $"{Folder("bin")}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>The stand-ins and nothing else.</summary>
    public string OwnPath => Folder("bin");

    /// <summary>There as while systemd-resolved runs.</summary>
    public string Resolved => Folder("resolved");

    /// <summary>Calls of resolvectl, an argument list a line.</summary>
    public string[] Calls => File.Exists(Folder("calls")) ? File.ReadAllLines(Folder("calls")) : [];

    /// <summary>What the last call of resolvectl saw of the environment, but what the shell adds.</summary>
    public string[] Environment => [.. File.ReadAllLines(Folder("environment")).Where(line => !line.StartsWith("PWD=", StringComparison.Ordinal) && !line.StartsWith("_=", StringComparison.Ordinal) && !line.StartsWith("SHLVL=", StringComparison.Ordinal) && !line.StartsWith("OLDPWD=", StringComparison.Ordinal))];

    /// <summary>resolvconf's records by name.</summary>
    public Dictionary<string, string> Records =>
        Directory.GetFiles(Folder("records")).ToDictionary(path => Path.GetFileName(path), File.ReadAllText);

    /// <param name="refuses">The first argument that it fails at.</param>
    public void AddResolvectl(string refuses = "") => Add("resolvectl", $"""
        echo "$@" >> {Folder("calls")}
        env | sort > {Folder("environment")}
        if [ "$1" = "{refuses}" ]; then echo "Failed to do $1:" >&2; echo "no such thing" >&2; exit 3; fi
        """);

    public void AddResolvconf(int exitCode = 0) => Add("resolvconf", $"""
        case "$1 $3 $4 $5" in
        "-a -m 0 -x") cat > {Folder("records")}/"$2"; echo "busy" ; exit {exitCode} ;;
        "-d -f  ") rm -f {Folder("records")}/"$2" ;;
        *) exit 64 ;;
        esac
        """);

    /// <summary>Debian's order file.</summary>
    public string WriteOrder(params string[] lines)
    {
        File.WriteAllLines(Folder("interface-order"), lines);
        return Folder("interface-order");
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private void Add(string name, string script)
    {
        var path = Path.Combine(Folder("bin"), name);
        File.WriteAllText(path, "#!/bin/sh\nGIVEN=$PATH\nPATH=/usr/bin:/bin\n" + script.Replace("env | sort", "PATH=$GIVEN /usr/bin/env | /usr/bin/sort", StringComparison.Ordinal) + "\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private string Folder(string name) => Path.Combine(_directory.FullName, name);
}
