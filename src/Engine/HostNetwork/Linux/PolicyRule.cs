using System.Net.Sockets;

namespace WireGuard.Engine.HostNetwork;

/// <summary>
/// One of the policy rules that lead a family into a tunnel, by all that tells it from others. A mark excepted: whatever does
/// not carry it looks into the table. No mark: everything looks into the table, but its default route does not count.
/// </summary>
/// <param name="Priority">The kernel asks the lowest first.</param>
/// <param name="OnlyMark">What carries this mark looks into the table, and nothing else does.</param>
internal sealed record PolicyRule(AddressFamily Family, uint Priority, uint Table, uint? ExceptMark, uint? OnlyMark = null)
{
    public override string ToString() => OnlyMark is { } only ? $"policy rule {Priority} (fwmark {only:#}, {FamilyName}) to table {Table}"
        : ExceptMark is { } mark ? $"policy rule {Priority} (not fwmark {mark:#}, {FamilyName}) to table {Table}"
        : $"policy rule {Priority} (routes but the default one, {FamilyName}) to table {Table}";

    private string FamilyName => Family == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4";
}
