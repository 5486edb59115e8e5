using System.Net;
using FsCheck.Fluent;
using WireGuard.Engine.Device;

namespace WireGuard.Tests.Models;

/// <summary>AllowedIPs against a list that is searched from end to end.</summary>
public sealed class AllowedIPsModelTests
{
    private const int Owners = 4;

    private enum Kind
    {
        Set,
        Remove,
        RemoveAll,
    }

    [Theory]
    [InlineData(4)]
    [InlineData(16)]
    public void It_agrees_with_a_linear_scan_through_any_changes(int addressBytes)
    {
        // Bytes of few values, so that prefixes nest, meet and replace each other.
        var octet = Gen.Elements<byte>(0, 1, 128, 255);
        var operation =
            from kind in Gen.Frequency((6, Gen.Constant(Kind.Set)), (3, Gen.Constant(Kind.Remove)), (1, Gen.Constant(Kind.RemoveAll)))
            from owner in Gen.Choose(0, Owners - 1)
            from address in octet.ArrayOf(addressBytes)
            from length in Gen.Choose(0, addressBytes * 8)
            from settles in Gen.Elements(false, true)
            select new Operation(kind, owner, address, length, settles);
        Model.Check(operation, Agrees);
    }

    private static bool Agrees(Operation[] operations)
    {
        var owners = Enumerable.Range(0, Owners).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        var table = new AllowedIPs<string>();
        var model = new List<(IPNetwork Prefix, string Owner)>();
        foreach (var operation in operations)
        {
            var owner = owners[operation.Owner];
            var prefix = operation.Prefix;
            switch (operation.Kind)
            {
                case Kind.Set:
                    var before = model.Find(m => m.Prefix.Equals(prefix)).Owner;
                    if (table.Set(prefix, owner) != before)
                        return false;
                    model.RemoveAll(m => m.Prefix.Equals(prefix));
                    model.Add((prefix, owner));
                    break;
                case Kind.Remove:
                    if (table.Remove(prefix, owner) != (model.RemoveAll(m => m.Prefix.Equals(prefix) && m.Owner == owner) > 0))
                        return false;
                    break;
                default:
                    table.RemoveAll(owner);
                    model.RemoveAll(m => m.Owner == owner);
                    break;
            }

            if (!Finds(table, model, operation.Address))
                return false;
            if (operation.Settles)
                table.Settle();
        }

        if (!operations.All(o => Finds(table, model, o.Address)))
            return false;
        table.Settle();
        if (!operations.All(o => Finds(table, model, o.Address)))
            return false;

        return owners.All(o => table.Of(o).Select(p => p.ToString()).ToHashSet()
            .SetEquals(model.Where(m => m.Owner == o).Select(m => m.Prefix.ToString())));
    }

    private static bool Finds(AllowedIPs<string> table, List<(IPNetwork Prefix, string Owner)> model, byte[] address) =>
        table.Find(new IPAddress(address)) == Scan(model, new IPAddress(address));

    private static string? Scan(List<(IPNetwork Prefix, string Owner)> model, IPAddress address) =>
        model.Where(m => m.Prefix.Contains(address)).OrderByDescending(m => m.Prefix.PrefixLength).FirstOrDefault().Owner;

    /// <param name="Settles">What is asked next is asked of a settled table, unless that changes it.</param>
    private sealed record Operation(Kind Kind, int Owner, byte[] Address, int Length, bool Settles)
    {
        internal IPNetwork Prefix
        {
            get
            {
                var masked = (byte[])Address.Clone();
                for (var bit = Length; bit < masked.Length * 8; bit++)
                    masked[bit / 8] &= (byte)~(0x80 >> (bit % 8));
                return new IPNetwork(new IPAddress(masked), Length);
            }
        }

        public override string ToString() => $"{Kind} {Prefix} {Owner} (asks for {new IPAddress(Address)}{(Settles ? ", settles" : "")})";
    }
}
