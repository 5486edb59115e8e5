using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace WireGuard.Engine.HostNetwork;

/// <summary>Something done to the host that would outlive the engine, as one line of a journal.</summary>
internal abstract record HostChange
{
    /// <summary>Null: a line that no version of the engine that is known here has written.</summary>
    public static HostChange? Parse(string line) => line.Split(' ') switch
    {
        ["rule", var family, var priority, var table, var mark]
            when FamilyOf(family) is { } of && Number(priority) is { } at && Number(table) is { } into =>
            mark == "*" ? new RuleChange(new PolicyRule(of, at, into, null) { TakesAll = true })
            : mark == "-" ? new RuleChange(new PolicyRule(of, at, into, null))
            : mark.StartsWith('=') && Number(mark[1..]) is { } only ? new RuleChange(new PolicyRule(of, at, into, null, only))
            : Number(mark) is { } except ? new RuleChange(new PolicyRule(of, at, into, except))
            : null,
        ["rule-to", var family, var priority, var table, var destination]
            when FamilyOf(family) is { } of && Number(priority) is { } at && Number(table) is { } into && IPNetwork.TryParse(destination, out var to) =>
            new RuleChange(new PolicyRule(of, at, into, null) { To = to }),
        ["table", var name] when name.Length > 0 => new TableChange(name),
        ["accept", var family, var chain, var tunnel] when FamilyOf(family) is { } of && ForeignChains.MayBeChanged(chain) => new AcceptChange(of, chain, tunnel),
        ["sysctl", var key, var before, var after] when Sysctl.IsKnown(key) => new SysctlChange(key, before, after),
        ["sysctl", var key, var before, var after, var link] when Sysctl.IsKnown(key) && Number(link) is > 0 and <= int.MaxValue and var index =>
            new SysctlChange(key, before, after) { Link = (int)index },
        ["resolvconf", var name] when ResolverRecord.IsName(name) => new ResolverRecord(name),
        _ => null,
    };

    private static AddressFamily? FamilyOf(string text) => text switch
    {
        "4" => AddressFamily.InterNetwork,
        "6" => AddressFamily.InterNetworkV6,
        _ => null,
    };

    private static uint? Number(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}

internal sealed record RuleChange(PolicyRule Rule) : HostChange
{
    public override string ToString() => Rule.To is { } destination
        ? string.Create(CultureInfo.InvariantCulture, $"rule-to {(Rule.Family == AddressFamily.InterNetworkV6 ? 6 : 4)} {Rule.Priority} {Rule.Table} {destination}")
        : string.Create(
            CultureInfo.InvariantCulture,
            $"rule {(Rule.Family == AddressFamily.InterNetworkV6 ? 6 : 4)} {Rule.Priority} {Rule.Table} {MarkText}");

    private string MarkText =>
        Rule.TakesAll ? "*" :
        Rule.OnlyMark is { } only ? string.Create(CultureInfo.InvariantCulture, $"={only}")
        : Rule.ExceptMark is { } mark ? mark.ToString(CultureInfo.InvariantCulture)
        : "-";
}

/// <summary>A table of nf_tables, family inet.</summary>
internal sealed record TableChange(string Name) : HostChange
{
    public override string ToString() => $"table {Name}";
}

/// <summary>Rules in a chain of iptables' that let a tunnel's packets pass.</summary>
internal sealed record AcceptChange(AddressFamily Family, string Chain, string Tunnel) : HostChange
{
    public override string ToString() => $"accept {(Family == AddressFamily.InterNetworkV6 ? 6 : 4)} {Chain} {Tunnel}";
}

/// <param name="Before">As <paramref name="After"/>: nothing was changed, but it matters that it was so.</param>
internal sealed record SysctlChange(string Key, string Before, string After) : HostChange
{
    /// <summary>Index of the interface whose setting it is; 0: nobody's, or not known.</summary>
    public int Link { get; init; }

    /// <summary>Of the same interface, whatever its name was then.</summary>
    public bool IsOfSameSetting(SysctlChange other) => Link == 0 || other.Link == 0 ? Key == other.Key
        : Link == other.Link && Sysctl.OfInterface(Key, "") == Sysctl.OfInterface(other.Key, "");

    public override string ToString() =>
        Link == 0 ? $"sysctl {Key} {Before} {After}" : string.Create(CultureInfo.InvariantCulture, $"sysctl {Key} {Before} {After} {Link}");
}

/// <summary>A record of resolvconf(8): name servers of an interface.</summary>
internal sealed record ResolverRecord(string Name) : HostChange
{
    /// <summary>Whether it can be handed to a program: nothing that it would take for an option or a path.</summary>
    public static bool IsName(string text) =>
        text.Length is > 0 and <= 64 && text[0] is not ('-' or '.' or '+' or '=') && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '=' or '+' or '.' or '-');

    public override string ToString() => $"resolvconf {Name}";
}
