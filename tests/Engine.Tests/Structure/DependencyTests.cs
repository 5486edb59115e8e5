using System.Text.RegularExpressions;

namespace WireGuard.Tests.Structure;

/// <summary>Holds the shape of the source: who may depend on whom, and where unsafe code and system calls may live.</summary>
public sealed partial class DependencyTests
{
    // Folder -> the folders whose namespaces its files may name. Nothing else is allowed, and no folder goes unlisted.
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Api"] = [],
        ["Config"] = ["Api"],
        ["Interop"] = ["Api"],
        ["Diagnostics"] = ["Interop"],
        ["Crypto"] = ["Interop", "Api"],
        ["Noise"] = ["Api", "Crypto"],
        ["Cookie"] = ["Api", "Crypto", "Noise", "Packets"],
        ["Packets"] = [],
        ["Offload"] = [],
        ["Tun"] = ["Offload", "Packets", "Interop", "Diagnostics"],
        ["Udp"] = ["Packets", "Interop", "Diagnostics"],
        ["Device"] = ["Api", "Crypto", "Noise", "Cookie", "Packets", "Tun", "Udp", "Diagnostics"],
        ["Lanes"] = ["Device", "Packets", "Tun", "Udp", "Interop", "Diagnostics"],
        ["HostNetwork"] = ["Api", "Config", "Interop", "Diagnostics"],
        ["Enrollment"] = ["Api", "Crypto", "Noise", "Cookie", "Packets", "Interop"],
        ["Control"] = ["Api", "Config", "Device", "Diagnostics", "Interop"],
        ["Hosting"] = ["Api", "Config", "Control", "Crypto", "Device", "Diagnostics", "Enrollment", "HostNetwork", "Interop", "Lanes", "Noise", "Packets", "Tun", "Udp"],
        ["Hosting"] = ["Api", "Config", "Control", "Crypto", "Device", "Diagnostics", "Enrollment", "HostNetwork", "Interop", "Lanes", "Noise", "Packets", "Tun", "Udp"],
        ["Service"] = ["Api", "Config", "HostNetwork", "Interop"],
        ["Cli"] = ["Api", "Config", "Control", "Crypto", "Device", "Diagnostics", "Enrollment", "HostNetwork", "Hosting", "Interop", "Lanes", "Noise", "Packets", "Service", "Tun", "Udp"],
        ["Cli"] = ["Api", "Config", "Control", "Crypto", "Device", "Diagnostics", "Enrollment", "HostNetwork", "Hosting", "Interop", "Lanes", "Noise", "Packets", "Service", "Tun", "Udp"],
    };

    private static readonly string[] UnsafeFolders = ["Interop", "Crypto", "Device", "Offload", "Packets", "Tun", "Udp", "Lanes", "HostNetwork"];

    private static readonly Dictionary<string, string> FolderOfNamespace = new()
    {
        ["WireGuard.Api"] = "Api",
        ["WireGuard.Configuration"] = "Config",
    };

    [Fact]
    public void Folders_depend_only_on_those_below_them()
    {
        var wrong = new List<string>();
        foreach (var (folder, file, text) in Sources())
            foreach (Match use in UsingDirective().Matches(text))
            {
                var target = TargetFolder(use.Groups[1].Value);
                if (target is not null && target != folder && !Allowed[folder].Contains(target))
                    wrong.Add($"{file} uses {use.Groups[1].Value}");
            }

        Assert.Empty(wrong);
    }

    [Fact]
    public void No_folder_depends_on_itself_through_others()
    {
        var settled = new HashSet<string>();
        while (Allowed.Keys.Where(f => !settled.Contains(f) && Allowed[f].All(settled.Contains)).ToList() is { Count: > 0 } next)
            settled.UnionWith(next);
        Assert.Empty(Allowed.Keys.Except(settled));
    }

    [Fact]
    public void Every_folder_is_in_the_table_and_has_a_readme()
    {
        foreach (var directory in Directory.GetDirectories(EngineRoot).Select(d => Path.GetFileName(d)!).Except(["bin", "obj"]))
        {
            Assert.Contains(directory, Allowed.Keys);
            Assert.True(File.Exists(Path.Combine(EngineRoot, directory, "README.md")), $"{directory} has no README.md");
        }
    }

    [Fact]
    public void Unsafe_code_lives_where_it_is_needed_only()
    {
        Assert.Empty(Sources().Where(s => !UnsafeFolders.Contains(s.Folder) && UnsafeWord().IsMatch(s.Text)).Select(s => s.File));
    }

    [Fact]
    public void Native_signatures_live_in_Interop_only()
    {
        Assert.Empty(Sources().Where(s => s.Folder != "Interop" && NativeImport().IsMatch(s.Text)).Select(s => s.File));
    }

    [Fact]
    public void System_calls_are_named_in_Linux_files_only()
    {
        var wrong = Sources()
            .Where(s => s.Folder is not "Interop" && LinuxInterop().IsMatch(s.Text))
            .Where(s => !s.File.Contains("/Linux/", StringComparison.Ordinal) && !s.File.EndsWith(".Linux.cs", StringComparison.Ordinal))
            .Select(s => s.File);
        Assert.Empty(wrong);
    }

    [Fact]
    public void Nobody_runs_the_tools_that_the_engine_replaces()
    {
        Assert.Empty(Sources().Where(s => ToolName().IsMatch(s.Text)).Select(s => s.File));
    }

    // It would load OpenSSL into every engine. Api is the module's too, where there is no libsodium.
    [Fact]
    public void Random_numbers_come_from_SecureRandom()
    {
        Assert.Empty(Sources().Where(s => s.Folder != "Api" && s.Text.Contains("RandomNumberGenerator", StringComparison.Ordinal)).Select(s => s.File));
    }

    private static string EngineRoot => RepositoryFiles.PathOf("src/Engine");

    private static string? TargetFolder(string name)
    {
        if (FolderOfNamespace.TryGetValue(name, out var folder))
            return folder;
        return name.StartsWith("WireGuard.Engine.", StringComparison.Ordinal) ? name.Split('.')[2] : null;
    }

    private static IEnumerable<(string Folder, string File, string Text)> Sources() =>
        from file in Directory.EnumerateFiles(EngineRoot, "*.cs", SearchOption.AllDirectories)
        let relative = Path.GetRelativePath(EngineRoot, file).Replace('\\', '/')
        let folder = relative.Split('/')[0]
        where relative.Contains('/') && folder is not ("bin" or "obj")
        select (folder, relative, File.ReadAllText(file));

    [GeneratedRegex(@"^using (?:static )?(WireGuard\.[\w.]+);", RegexOptions.Multiline)]
    private static partial Regex UsingDirective();

    [GeneratedRegex(@"^\s*[^/\n""]*\bunsafe\b", RegexOptions.Multiline)]
    private static partial Regex UnsafeWord();

    [GeneratedRegex(@"\[(LibraryImport|DllImport)\b")]
    private static partial Regex NativeImport();

    [GeneratedRegex(@"\bLibc\.\w+\(")]
    private static partial Regex LinuxInterop();

    [GeneratedRegex(@"""(?:/usr)?(?:/s?bin/)?(?:ip|wg|wg-quick|ifconfig|route)""")]
    private static partial Regex ToolName();
}
