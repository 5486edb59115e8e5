using System.Reflection;

namespace WireGuard.Fuzz;

/// <summary>Inputs that failed once, under Corpus/TARGET/NAME.hex: lines of hexadecimal digits, and comments after #.</summary>
public static class Corpus
{
    /// <summary>TARGET/NAME of all of them.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Assembly.GetManifestResourceNames().Where(n => n.Contains('/')).Order(StringComparer.Ordinal)];

    private static Assembly Assembly => typeof(Corpus).Assembly;

    public static string TargetOf(string name) => name[..name.IndexOf('/')];

    public static byte[] Read(string name)
    {
        using var reader = new StreamReader(Assembly.GetManifestResourceStream(name)!);
        return Parse(reader.ReadToEnd());
    }

    public static byte[] Parse(string text) =>
        Convert.FromHexString(string.Concat(text.Split('\n').Select(line => line.Trim()).Where(line => !line.StartsWith('#'))));
}
