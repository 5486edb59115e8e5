using System.Net;
using System.Net.Sockets;

namespace WireGuard.Engine.HostNetwork;

/// <summary>
/// One of the policy rules that lead a family into a tunnel or around it, by all that tells it from others. A mark excepted: whatever does
/// not carry it looks into the table. No mark: everything looks into the table, but its default route does not count.
/// All: everything looks into the table, default route and all. A destination: what goes there looks into the table, default route and all.
/// </summary>
/// <param name="Priority">The kernel asks the lowest first.</param>
/// <param name="OnlyMark">What carries this mark looks into the table, and nothing else does.</param>
internal sealed record PolicyRule(AddressFamily Family, uint Priority, uint Table, uint? ExceptMark, uint? OnlyMark = null)
{
    /// <summary>What goes there looks into the table.</summary>
    public IPNetwork? To { get; init; }

    /// <summary>Everything looks into the table, default route and all.</summary>
    public bool TakesAll { get; init; }

    public override string ToString() => To is { } destination ? $"policy rule {Priority} (to {destination}) to table {Table}"
        : TakesAll ? $"policy rule {Priority} (all, {FamilyName}) to table {Table}"
        : OnlyMark is { } only ? $"policy rule {Priority} (fwmark {only:#}, {FamilyName}) to table {Table}"
        : ExceptMark is { } mark ? $"policy rule {Priority} (not fwmark {mark:#}, {FamilyName}) to table {Table}"
        : $"policy rule {Priority} (routes but the default one, {FamilyName}) to table {Table}";

    private string FamilyName => Family == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4";
}
