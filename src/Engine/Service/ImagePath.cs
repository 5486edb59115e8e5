namespace WireGuard.Engine.Service;

/// <summary>
/// Paths of a machine whose files are below a folder: a link in there means what it will mean when the machine runs, and leads nowhere
/// outside.
/// </summary>
internal static class ImagePath
{
    /// <summary>As many symbolic links as Linux follows.</summary>
    private const int MaxLinks = 40;

    /// <summary>Where the machine will find it, all links followed, its last name's too. What is not there may come to be.</summary>
    /// <param name="root">The folder; "/" is this machine.</param>
    /// <param name="path">On that machine, absolute.</param>
    /// <returns>On that machine; <see cref="Outside"/> tells where that is on this one.</returns>
    /// <exception cref="IOException">Links lead in a circle.</exception>
    public static string Resolve(string root, string path)
    {
        var found = "/";
        var linksLeft = MaxLinks;
        var names = new Stack<string>();
        Push(names, path);
        while (names.TryPop(out var name))
        {
            if (name == "..")
            {
                // Above its root a machine has nothing.
                found = Path.GetDirectoryName(found) ?? "/";
                continue;
            }

            var next = Path.Combine(found, name);
            if (new FileInfo(Outside(root, next)).LinkTarget is not { } target)
            {
                found = next;
                continue;
            }

            if (linksLeft-- == 0)
                throw new IOException($"{path} leads through links without an end.");
            if (target.StartsWith('/'))
                found = "/";
            Push(names, target);
        }

        return found;
    }

    /// <summary>Where a path of that machine is on this one.</summary>
    public static string Outside(string root, string path) => Path.Combine(root, path.TrimStart('/'));

    private static void Push(Stack<string> names, string path)
    {
        foreach (var name in path.Split('/').Reverse().Where(name => name is not ("" or ".")))
            names.Push(name);
    }
}
