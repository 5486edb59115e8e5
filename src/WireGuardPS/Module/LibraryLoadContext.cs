using System.Reflection;
using System.Runtime.Loader;

namespace WireGuard.Module;

/// <summary>
/// Where WireGuardPS.Libraries and what it needs are loaded from `dependencies/`, at their first use: no assembly of others comes
/// next to the caller's, and one that the caller has in another version is not taken in its stead.
/// </summary>
internal sealed class LibraryLoadContext : AssemblyLoadContext
{
    /// <summary>The one assembly in there that the module names.</summary>
    internal const string Bridge = "WireGuardPS.Libraries";

    private static readonly Lazy<LibraryLoadContext?> Instance = new(Create);
    private static int s_isHooked;

    private readonly string _folder;

    private LibraryLoadContext(string folder) : base("WireGuard") => _folder = folder;

    /// <summary>For the rest of the process: another runspace may still have the module when this one gives it up.</summary>
    internal static void Hook()
    {
        if (Interlocked.Exchange(ref s_isHooked, 1) == 0)
            Default.Resolving += (_, name) => name.Name == Bridge ? Instance.Value?.LoadFromAssemblyName(name) : null;
    }

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        var path = Path.Combine(_folder, assemblyName.Name + ".dll");
        return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }

    private static LibraryLoadContext? Create() =>
        Path.GetDirectoryName(typeof(LibraryLoadContext).Assembly.Location) is { Length: > 0 } module ? new(Path.Combine(module, "dependencies")) : null;
}
