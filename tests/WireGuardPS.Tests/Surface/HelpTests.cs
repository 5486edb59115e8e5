using System.Xml.Linq;

namespace WireGuard.Tests.Surface;

/// <summary>Holds the written help against the compiled parameters.</summary>
public sealed class HelpTests
{
    private static readonly XNamespace Maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    private static readonly Dictionary<string, XElement> Pages = XDocument.Load(TestPaths.Help).Root!.Elements(Command + "command")
        .ToDictionary(c => c.Element(Command + "details")!.Element(Command + "name")!.Value);

    public static TheoryData<string> Names => [.. CmdletSurface.All.Select(c => c.Name)];

    public static TheoryData<string> Topics =>
        [.. Directory.GetFiles(Path.GetDirectoryName(TestPaths.About)!, "about_*.help.txt").Select(file => Path.GetFileName(file)[..^".help.txt".Length])];

    [Fact]
    public void Every_cmdlet_has_a_page_and_every_page_a_cmdlet() =>
        Assert.Equal(CmdletSurface.All.Select(c => c.Name), Pages.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public void Parameters_agree_in_name_type_aliases_and_binding(string name)
    {
        var cmdlet = Cmdlet(name);
        var written = Pages[name].Element(Command + "parameters")!.Elements(Command + "parameter").ToDictionary(p => p.Element(Maml + "name")!.Value);
        string[] expected = [.. cmdlet.Parameters.Select(p => p.Name), .. cmdlet.ShouldProcess ? ["WhatIf", "Confirm"] : Array.Empty<string>()];
        Assert.Equal(expected.Order(StringComparer.Ordinal), written.Keys.Order(StringComparer.Ordinal));

        foreach (var parameter in cmdlet.Parameters)
        {
            var page = written[parameter.Name];
            var underlying = Nullable.GetUnderlyingType(parameter.Type);
            var type = underlying is null ? parameter.Type.FullName : $"System.Nullable`1[{underlying.FullName}]";
            Assert.Equal(type, page.Element(Dev + "type")!.Element(Maml + "name")!.Value);
            Assert.Equal(string.Join(", ", parameter.Aliases.DefaultIfEmpty("none")), page.Attribute("aliases")!.Value);
            Assert.Equal(Pipeline(parameter), page.Attribute("pipelineInput")!.Value);
            Assert.Equal(parameter.Declarations.Any(d => CmdletSurface.Named(d, "Mandatory") is true), (bool)page.Attribute("required")!);
            var wildcards = CmdletSurface.Attributes(parameter.Property, "SupportsWildcardsAttribute").Any();
            Assert.Equal(wildcards, (bool)page.Attribute("globbing")!);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_parameter_is_described(string name) => Assert.All(
        Pages[name].Descendants(Command + "parameter"), p => Assert.True(Text(p.Element(Maml + "description")).Length > 10, p.Element(Maml + "name")!.Value));

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_syntax_shows_the_parameters_of_one_set(string name)
    {
        var cmdlet = Cmdlet(name);
        var sets = cmdlet.Parameters.SelectMany(p => p.Declarations).Select(d => CmdletSurface.Named(d, "ParameterSetName") as string).Where(s => s is not null).Distinct().ToList();
        var defaultSet = CmdletSurface.Attributes(cmdlet.Type, "CmdletAttribute").Select(a => CmdletSurface.Named(a, "DefaultParameterSetName") as string).Single();
        if (defaultSet is not null && !sets.Contains(defaultSet))
            sets.Add(defaultSet);
        if (sets.Count == 0)
            sets.Add(null);

        var expected = sets.Select(s => string.Join(' ', cmdlet.Parameters
            .Where(p => p.Declarations.Any(d => CmdletSurface.Named(d, "ParameterSetName") is not string own || own == s))
            .Select(p => p.Name).Order(StringComparer.Ordinal)));
        var written = Pages[name].Descendants(Command + "syntaxItem").Select(s => string.Join(' ', s.Elements(Command + "parameter")
            .Select(p => p.Element(Maml + "name")!.Value).Where(n => n is not ("WhatIf" or "Confirm")).Order(StringComparer.Ordinal)));
        Assert.Equal(expected.Order(StringComparer.Ordinal), written.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_page_is_complete(string name)
    {
        var page = Pages[name];
        Assert.EndsWith(".", Text(page.Element(Command + "details")!.Element(Maml + "description")));
        Assert.True(Text(page.Element(Maml + "description")).Length > 60);
        var examples = page.Descendants(Command + "example").ToList();
        Assert.True(examples.Count >= 2);
        Assert.All(examples, e => Assert.True(
            e.Element(Dev + "code")!.Value.Contains(name, StringComparison.Ordinal) || examples.Count > 2 || name.StartsWith("New-", StringComparison.Ordinal)));
        Assert.Contains(examples, e => e.Element(Dev + "code")!.Value.Contains(name, StringComparison.Ordinal));
        Assert.All(examples, e => Assert.NotEmpty(Text(e.Element(Dev + "remarks"))));
        Assert.All(examples, e => Assert.Matches(@"^-+ Example \d+: \S.* -+$", Text(e.Element(Maml + "title"))));
        Assert.All(page.Descendants(Command + "parameter"), p => Assert.EndsWith(".", Text(p.Element(Maml + "description")), StringComparison.Ordinal));
        foreach (var kind in new[] { "inputType", "returnValue" })
        {
            Assert.NotEmpty(page.Descendants(Command + kind));
            Assert.All(page.Descendants(Command + kind), k => Assert.True(Text(k.Element(Maml + "description")).Length > 6, $"{name}: {kind}"));
        }

        Assert.True(Text(page.Element(Maml + "alertSet")).Length > 15);
        var links = page.Descendants(Maml + "linkText").Select(l => l.Value).ToList();
        Assert.Contains("about_WireGuard", links);
        Assert.All(links.Where(l => !l.StartsWith("about_", StringComparison.Ordinal)), l => Assert.Contains(l, Pages.Keys));
        Assert.All(links.Where(l => l.StartsWith("about_", StringComparison.Ordinal)), l => Assert.True(File.Exists(TopicFile(l)), l));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Output_types_agree(string name)
    {
        var compiled = CmdletSurface.Attributes(Cmdlet(name).Type, "OutputTypeAttribute")
            .SelectMany(a => (IEnumerable<System.Reflection.CustomAttributeTypedArgument>)a.ConstructorArguments[0].Value!).Select(v => ((Type)v.Value!).FullName!);
        var written = Pages[name].Descendants(Command + "returnValue").Select(r => r.Element(Dev + "type")!.Element(Maml + "name")!.Value);

        Assert.Equal(compiled.Order(StringComparer.Ordinal), written.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("about_WireGuard")]
    [InlineData("about_WireGuard_Automation")]
    [InlineData("about_WireGuard_Configuration")]
    [InlineData("about_WireGuard_Enrollment")]
    [InlineData("about_WireGuard_Security")]
    [InlineData("about_WireGuard_Topology")]
    public void Each_about_topic_is_there_leads_on_and_is_led_to(string topic)
    {
        var text = File.ReadAllText(TopicFile(topic));
        var sections = text.Split("\nSEE ALSO\n");

        Assert.Contains("\nLONG DESCRIPTION\n", text, StringComparison.Ordinal);
        var named = sections[1].Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        Assert.All(named, n => Assert.True(Pages.ContainsKey(n) || File.Exists(TopicFile(n)), n));
        Assert.Contains(Pages.Values.SelectMany(p => p.Descendants(Maml + "linkText")), l => l.Value == topic);
    }

    [Theory]
    [MemberData(nameof(Topics))]
    public void The_about_topics_have_the_form_that_PowerShell_reads(string topic)
    {
        var lines = File.ReadAllLines(TopicFile(topic));

        Assert.Equal(["TOPIC", "    " + topic, "", "SHORT DESCRIPTION"], lines[..4]);
        Assert.All(lines, l => Assert.True(l.Length <= 80, l));
    }

    private static string TopicFile(string topic) => Path.Combine(Path.GetDirectoryName(TestPaths.About)!, topic + ".help.txt");

    private static CmdletSurface Cmdlet(string name) => CmdletSurface.All.Single(c => c.Name == name);

    private static string Text(XElement? element) => element?.Value.Trim() ?? "";

    private static string Pipeline(ParameterSurface parameter)
    {
        var kinds = new List<string>();
        if (parameter.Declarations.Any(d => CmdletSurface.Named(d, "ValueFromPipeline") is true))
            kinds.Add("ByValue");
        if (parameter.Declarations.Any(d => CmdletSurface.Named(d, "ValueFromPipelineByPropertyName") is true))
            kinds.Add("ByPropertyName");
        return kinds.Count > 0 ? $"True ({string.Join(", ", kinds)})" : "False";
    }
}
