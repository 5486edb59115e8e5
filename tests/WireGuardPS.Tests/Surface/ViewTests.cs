using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace WireGuard.Tests.Surface;

public sealed class ViewTests
{
    private static readonly List<XElement> Views = [.. XDocument.Load(TestPaths.Views).Descendants("View")];

    private static readonly List<Type> Outputs =
        [.. typeof(WgTunnel).Assembly.GetExportedTypes().Where(t => t.Namespace == "WireGuard" && t is { IsEnum: false, IsAbstract: false })];

    // Of what it is for, a line to be run elsewhere, a column would show the beginning.
    private static readonly string[] ListedFirst = [nameof(WgKeyHandover)];

    [Fact]
    public void Every_output_type_has_a_table_first_and_a_list() => Assert.All(Outputs, t =>
    {
        var views = Views.Where(v => v.Descendants("TypeName").Single().Value == t.FullName).ToList();
        Assert.Equal(2, views.Count);
        if (ListedFirst.Contains(t.Name))
            views.Reverse();
        Assert.NotNull(views[0].Element("TableControl"));
        Assert.NotNull(views[1].Element("ListControl"));
    });

    // Whoever writes a name could write marks that turn a line, or move the cursor.
    [Fact]
    public void No_view_shows_a_name_of_others_as_it_is() => Assert.All(Views.Where(v => v.Descendants("TypeName").Single().Value is not ("WireGuard.WgTunnel" or "WireGuard.WgConfig")), v =>
    {
        Assert.Empty(v.Descendants("PropertyName").Select(p => p.Value).Intersect(["Name", "PeerName", "Target", "Peers", "Joined"]).Except(IsAddress(v) ? ["Target"] : []));
        var shown = v.Descendants("ScriptBlock").Where(s => s.Parent!.Name != "ItemSelectionCondition").Select(s => s.Value);
        Assert.All(shown, s => Assert.DoesNotMatch(@"(?<!::(Peer|Text)\([^)]*)\$_\.(Name|PeerName|Target|Peers|Joined)\b(?!\.Count)", s));
    });

    private static bool IsAddress(XElement view) => view.Descendants("TypeName").Single().Value is "WireGuard.WgMeasurement" or "WireGuard.WgThroughput";

    [Fact]
    public void Views_name_only_properties_that_are_there() => Assert.All(Views, v =>
    {
        var properties = Type.GetType($"{v.Descendants("TypeName").Single().Value}, WireGuardPS", throwOnError: true)!.GetProperties().Select(p => p.Name).ToList();
        var named = v.Descendants("PropertyName").Select(p => p.Value)
            .Concat(v.Descendants("ScriptBlock").SelectMany(s => Regex.Matches(s.Value, @"\$_\.(\w+)").Select(m => m.Groups[1].Value)));
        Assert.All(named, n => Assert.Contains(n, properties));
    });

    [Fact]
    public void Scripts_call_only_methods_that_are_there() => Assert.All(
        Views.Descendants("ScriptBlock").SelectMany(s => Regex.Matches(s.Value, @"\[([\w.]+)\]::(\w+)\(")),
        m => Assert.NotNull(Type.GetType($"{m.Groups[1].Value}, WireGuardPS", throwOnError: true)!.GetMethod(m.Groups[2].Value)));

    [Fact]
    public void Tables_have_widths_and_fit_into_a_hundred_columns() => Assert.All(Views.Select(v => v.Element("TableControl")).OfType<XElement>(), table =>
    {
        var columns = table.Descendants("TableColumnHeader").ToList();
        Assert.Equal(columns.Count, table.Descendants("TableColumnItem").Count());
        Assert.True(columns.Sum(c => (int)c.Element("Width")!) + columns.Count - 1 <= 100);
    });

    [Fact]
    public void No_view_shows_a_secret() => Assert.All(
        Views.Descendants("PropertyName").Concat(Views.Descendants("ScriptBlock")),
        e => Assert.DoesNotMatch(@"(^|[.])(PrivateKey|PresharedKey|(Code|Link)(?!\) { '\(hidden\)' }))", e.Value));

    [Fact]
    public void Default_display_properties_are_there_and_hold_no_secret() => Assert.All(XDocument.Load(TestPaths.Types).Descendants("Type"), t =>
    {
        var properties = Type.GetType($"{t.Element("Name")!.Value.Replace("Deserialized.", "", StringComparison.Ordinal)}, WireGuardPS", throwOnError: true)!.GetProperties().Select(p => p.Name).ToList();
        var named = t.Descendants("ReferencedProperties").Elements("Name").Concat(t.Descendants("ReferencedMemberName")).Select(n => n.Value).ToList();
        Assert.NotEmpty(named);
        Assert.All(named, n => Assert.Contains(n, properties));
        Assert.Empty(named.Intersect(["PrivateKey", "PresharedKey", "Code", "Link"]));
    });
}
