using System.Management.Automation;
using System.Reflection;

namespace WireGuard.Tests.Surface;

/// <summary>PSScriptAnalyzer's rules on verbs, nouns and ShouldProcess, which it does not apply to compiled cmdlets.</summary>
public sealed class CmdletSurfaceTests
{
    private static readonly string[] ApprovedVerbs =
    [
        .. new[] { typeof(VerbsCommon), typeof(VerbsCommunications), typeof(VerbsData), typeof(VerbsDiagnostic), typeof(VerbsLifecycle), typeof(VerbsOther), typeof(VerbsSecurity) }
            .SelectMany(t => t.GetFields(BindingFlags.Public | BindingFlags.Static)).Select(f => (string)f.GetRawConstantValue()!),
    ];

    // New-WgKey and New-WgPresharedKey make a value and change nothing, as New-Guid does.
    private static readonly string[] ReadingVerbs = ["Get", "Test", "New", "Resolve", "ConvertFrom", "ConvertTo", "Wait", "Watch", "Measure"];

    // What it makes is known to a server, which lets in whoever has it.
    private static readonly string[] ChangingCmdlets = ["New-WgInvite"];

    // They are called for what they emit: a link that is told once, and who comes while one waits.
    private static readonly string[] AnsweringCmdlets = ["New-WgInvite", "Open-WgEnrollment"];

    // As Import-Csv, reads a file.
    private static readonly string[] ReadingCmdlets = ["Import-WgTopology"];

    private static readonly string[] Reserved =
    [
        "Confirm", "Debug", "ErrorAction", "ErrorVariable", "InformationAction", "InformationVariable", "OutBuffer", "OutVariable",
        "PipelineVariable", "ProgressAction", "SelectCommandObject", "SelectObject", "UseTransaction", "Verbose", "WarningAction",
        "WarningVariable", "WhatIf",
    ];

    private static readonly string[] ReservedAliases = ["cf", "db", "ea", "ev", "infa", "iv", "ob", "ov", "proga", "pv", "vb", "wa", "wi", "wv"];

    [Fact]
    public void Verbs_are_approved_and_nouns_are_singular_with_the_prefix() => Assert.All(CmdletSurface.All, c =>
    {
        Assert.Contains(c.Verb, ApprovedVerbs);
        Assert.Matches("^Wg[A-Z][A-Za-z]+$", c.Noun);
        Assert.True(!c.Noun.EndsWith('s') || c.Noun.EndsWith("Status", StringComparison.Ordinal), c.Noun);
    });

    [Fact]
    public void Classes_are_named_after_their_cmdlets_public_sealed_and_in_their_namespace() => Assert.All(CmdletSurface.All, c =>
    {
        Assert.Equal($"WireGuard.Commands.{c.Verb}{c.Noun}Command", c.Type.FullName);
        Assert.True(c.Type.IsPublic && c.Type.IsSealed);
        Assert.True(File.Exists(Path.Combine(TestPaths.Root, "src", "WireGuardPS", "Commands", c.Type.Name + ".cs")));
    });

    [Fact]
    public void Output_types_are_told_and_public() => Assert.All(CmdletSurface.All, c =>
    {
        var types = CmdletSurface.Attributes(c.Type, nameof(OutputTypeAttribute))
            .SelectMany(a => (IEnumerable<CustomAttributeTypedArgument>)a.ConstructorArguments[0].Value!).Select(v => (Type)v.Value!).ToList();
        Assert.NotEmpty(types);
        Assert.All(types, t => Assert.True(t.IsPublic && (t.Namespace == "WireGuard" || t == typeof(bool) || t == typeof(string) || t == typeof(FileInfo)), t.FullName));
    });

    [Fact]
    public void What_changes_something_supports_ShouldProcess() => Assert.All(
        CmdletSurface.All, c => Assert.Equal(WritesFiles(c) || ChangingCmdlets.Contains(c.Name) || (!ReadingVerbs.Contains(c.Verb) && !ReadingCmdlets.Contains(c.Name)), c.ShouldProcess));

    [Fact]
    public void What_changes_something_is_silent_unless_PassThru() => Assert.All(
        // What a change of many things at once has changed is the answer.
        CmdletSurface.All.Where(c => c.ShouldProcess && !EmitsChanges(c.Type) && !AnsweringCmdlets.Contains(c.Name)), c => Assert.Contains(c.Parameters, p => p.Name == "PassThru" && p.Type == typeof(SwitchParameter)));

    private static bool WritesFiles(CmdletSurface cmdlet) => cmdlet.Parameters.Any(p => p.Name == "Force");

    // So is what a new key means to others.
    private static bool EmitsChanges(Type cmdlet) => CmdletSurface.Attributes(cmdlet, nameof(OutputTypeAttribute))
        .SelectMany(a => (IEnumerable<CustomAttributeTypedArgument>)a.ConstructorArguments[0].Value!).Any(v => (Type)v.Value! == typeof(WgChange) || (Type)v.Value! == typeof(WgKeyHandover));

    [Fact]
    public void No_parameter_or_alias_is_reserved_or_double() => Assert.All(CmdletSurface.All, c =>
    {
        var names = c.Parameters.SelectMany(p => p.Aliases.Append(p.Name)).ToList();
        Assert.Equal(names.Count, names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.Empty(names.Intersect(Reserved, StringComparer.OrdinalIgnoreCase));
        Assert.Empty(names.Intersect(ReservedAliases, StringComparer.OrdinalIgnoreCase));
    });

    [Fact]
    public void Parameter_names_are_singular() => Assert.All(
        CmdletSurface.All.SelectMany(c => c.Parameters).Where(p => p.Name is not ("Address" or "Dns")), p => Assert.Matches("^[A-Z][A-Za-z]*[^s]$", Spelled(p.Name)));

    // Abbreviations that end as a plural does.
    private static string Spelled(string name) => name.Replace("PassThru", "PassThrough", StringComparison.Ordinal).Replace("NetNs", "NetNamespace", StringComparison.Ordinal);

    [Fact]
    public void Nothing_takes_a_secret_as_a_string() => Assert.All(
        CmdletSurface.All.SelectMany(c => c.Parameters).Where(p => p.Name is "PrivateKey" or "PresharedKey" or "Code" or "Link"),
        p => Assert.Equal(typeof(System.Security.SecureString), p.Type));

    [Fact]
    public void Tunnel_names_complete_and_take_wildcards() => Assert.All(
        CmdletSurface.All.Where(c => c.Type.IsSubclassOf(typeof(WireGuard.Commands.TunnelCommand))),
        c =>
        {
            var name = c.Parameters.Single(p => p.Name is "Tunnel" || (p.Name is "Name"));
            Assert.Single(CmdletSurface.Attributes(name.Property, nameof(ArgumentCompleterAttribute)));
            Assert.Single(CmdletSurface.Attributes(name.Property, nameof(SupportsWildcardsAttribute)));
        });

    [Fact]
    public void Outputs_are_plain_snapshots() => Assert.All(
        typeof(WgTunnel).Assembly.GetExportedTypes().Where(t => t.Namespace == "WireGuard" && t is { IsEnum: false, IsAbstract: false }),
        t =>
        {
            Assert.True(t.IsSealed, t.Name);
            Assert.Empty(t.GetEvents());
            Assert.NotEqual(typeof(object), t.GetMethod(nameof(ToString))!.DeclaringType);
        });
}
