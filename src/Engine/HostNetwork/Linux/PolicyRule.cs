using System.Net.Sockets;

namespace WireGuard.Engine.HostNetwork;

/// <summary>
/// One of the two policy rules that lead a family into a tunnel, by all that tells it from others. A mark: whatever does
/// not carry it looks into the table. No mark: everything looks into the table, but its default route does not count.
/// </summary>
/// <param name="Priority">The kernel asks the lowest first.</param>
internal sealed record PolicyRule(AddressFamily Family, uint Priority, uint Table, uint? ExceptMark)
{
    public override string ToString() => ExceptMark is { } mark
        ? $"policy rule {Priority} (not fwmark {mark:#}, {FamilyName}) to table {Table}"
        : $"policy rule {Priority} (routes but the default one, {FamilyName}) to table {Table}";

    private string FamilyName => Family == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4";
}
