using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace WireGuard.Build;

/// <summary>
/// Writes NAME.VERSION.nupkg. NuGet's own packer is not used because it forgets files' modes: the engine of a module that was
/// installed from its packages could not be run.
/// </summary>
internal static partial class PackageWriter
{
    private const int ModeShift = 16;
    private const string ManifestSchema = "http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd";
    private const string RelationshipSchema = "http://schemas.openxmlformats.org/package/2006/relationships";

    // The same files give the same package.
    private static readonly DateTimeOffset Timestamp = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <returns>The package's path.</returns>
    internal static string Write(string module, string version, string output)
    {
        var name = Path.GetFileNameWithoutExtension(Directory.GetFiles(module, "*.psd1").Single());
        var manifest = File.ReadAllText(Path.Combine(module, name + ".psd1"));
        Directory.CreateDirectory(output);
        var path = Path.Combine(output, $"{name}.{version}.nupkg");
        using var archive = new ZipArchive(new FileStream(path, FileMode.Create), ZipArchiveMode.Create);
        Add(archive, $"{name}.nuspec", Description(name, version, manifest));
        Add(archive, "[Content_Types].xml", ContentTypes(module));
        Add(archive, "_rels/.rels", Relationships(name));
        foreach (var file in Directory.GetFiles(module, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            using var content = File.OpenRead(file);
            Add(archive, Path.GetRelativePath(module, file).Replace('\\', '/'), content, OperatingSystem.IsWindows() ? 0 : (int)File.GetUnixFileMode(file));
        }

        return path;
    }

    private static XDocument Description(string name, string version, string manifest)
    {
        XNamespace ns = ManifestSchema;
        var tags = Words().Matches(Regex.Match(manifest, @"Tags\s*=\s*@\((.*?)\)", RegexOptions.Singleline).Groups[1].Value).Select(m => m.Groups[1].Value);
        return new XDocument(new XElement(ns + "package", new XElement(
            ns + "metadata",
            new XElement(ns + "id", name),
            new XElement(ns + "version", version),
            new XElement(ns + "authors", Value(manifest, "Author")),
            new XElement(ns + "owners", Value(manifest, "CompanyName")),
            new XElement(ns + "requireLicenseAcceptance", "false"),
            new XElement(ns + "description", Value(manifest, "Description")),
            new XElement(ns + "copyright", Value(manifest, "Copyright")),
            new XElement(ns + "tags", string.Join(' ', tags.Prepend("PSModule"))))));
    }

    private static XDocument ContentTypes(string module)
    {
        XNamespace ns = "http://schemas.openxmlformats.org/package/2006/content-types";
        var files = Directory.GetFiles(module, "*", SearchOption.AllDirectories);
        return new XDocument(new XElement(
            ns + "Types",
            new XElement(ns + "Default", new XAttribute("Extension", "rels"), new XAttribute("ContentType", "application/vnd.openxmlformats-package.relationships+xml")),
            files.Select(Path.GetExtension).OfType<string>().Where(e => e.Length > 1).Append(".nuspec").Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal)
                .Select(e => new XElement(ns + "Default", new XAttribute("Extension", e[1..]), new XAttribute("ContentType", "application/octet"))),
            files.Where(f => Path.GetExtension(f).Length <= 1).Order(StringComparer.Ordinal)
                .Select(f => new XElement(ns + "Override", new XAttribute("PartName", "/" + Path.GetRelativePath(module, f).Replace('\\', '/')), new XAttribute("ContentType", "application/octet")))));
    }

    private static XDocument Relationships(string name)
    {
        XNamespace ns = RelationshipSchema;
        return new XDocument(new XElement(ns + "Relationships", new XElement(
            ns + "Relationship",
            new XAttribute("Type", "http://schemas.microsoft.com/packaging/2010/07/manifest"),
            new XAttribute("Target", $"/{name}.nuspec"),
            new XAttribute("Id", "manifest"))));
    }

    private static void Add(ZipArchive archive, string name, XDocument document)
    {
        using var content = new MemoryStream();
        using (var writer = new StreamWriter(content, new UTF8Encoding(false), leaveOpen: true))
            document.Save(writer);
        content.Position = 0;
        Add(archive, name, content, 0);
    }

    private static void Add(ZipArchive archive, string name, Stream content, int mode)
    {
        var entry = archive.CreateEntry(name);
        entry.LastWriteTime = Timestamp;
        const int regularFile = 0x8000;
        const int readable = 0x1A4;
        entry.ExternalAttributes = (regularFile | (mode == 0 ? readable : mode)) << ModeShift;
        using var target = entry.Open();
        content.CopyTo(target);
    }

    private static string Value(string manifest, string key) => Regex.Match(manifest, $@"\b{key}\s*=\s*'([^']*)'").Groups[1].Value;

    [GeneratedRegex("'([^']+)'")]
    private static partial Regex Words();
}
