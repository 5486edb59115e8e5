using System.Net;

namespace WireGuard.Configuration;

/// <summary>Reads addresses, prefixes and endpoints; what is wrong goes to the diagnostics, and null comes back.</summary>
internal sealed class NetworkParser(DiagnosticBag diagnostics)
{
    /// <summary>The items of a comma-separated list; white space separates too where wg-quick(8) lets it.</summary>
    internal IEnumerable<ConfigValue> Items(ConfigValue list, bool spaceSeparates)
    {
        if (list.Memory.IsEmpty)
        {
            diagnostics.Warning("EmptyValue", list.KeyPlace, $"{list.Name} has no value; the line has no effect.");
            yield break;
        }

        for (var start = 0; start <= list.Memory.Length;)
        {
            var rest = list.Text[start..];
            var comma = rest.IndexOf(',');
            var end = comma < 0 ? list.Memory.Length : start + comma;
            var item = list.Slice(start..end).Trim();
            if (item.Memory.IsEmpty)
                RefuseEmptyItem(item, spaceSeparates);
            else if (spaceSeparates)
            {
                foreach (var word in Words(item))
                    yield return word;
            }
            else
                yield return item;
            start = end + 1;
        }
    }

    /// <summary>An address with its host bits; without a prefix length the host alone.</summary>
    internal InterfaceAddress? Address(ConfigValue item)
    {
        var text = item.Text;
        var slash = text.IndexOf('/');
        if (!IPText.TryParse(slash < 0 ? text : text[..slash], out var address))
        {
            diagnostics.Error("InvalidAddress", item.Place,
                $"{item.Name} must be an IP address or an address with a prefix length, not {ShownText.Quote(text)}.");
            return null;
        }

        var max = IPText.MaxPrefixLength(address);
        if (slash < 0)
            return new InterfaceAddress(address, max);
        if (text.Length - slash <= 4 && ValueParser.TryParseNumber(text[(slash + 1)..], hex: false, (uint)max, out var length))
            return new InterfaceAddress(address, (int)length);
        diagnostics.Error("InvalidAddress", item.Place,
            $"The prefix length in {ShownText.Quote(text)} must be a number from 0 to {max}.");
        return null;
    }

    /// <summary>A prefix, its host bits cleared.</summary>
    internal IPNetwork? Prefix(ConfigValue item)
    {
        if (Address(item) is not { } written)
            return null;
        var network = IPText.Mask(written.Address, written.PrefixLength);
        if (!network.BaseAddress.Equals(written.Address))
            diagnostics.Warning("HostBits", item.Place, $"{written} has bits set beyond its prefix length; {network} is used.");
        return network;
    }

    /// <summary>HOST:PORT, IPv4:PORT or [IPv6]:PORT.</summary>
    internal HostEndpoint? Endpoint(ConfigValue value)
    {
        var text = value.Text;
        var bracketed = text[0] == '[';
        var hostEnd = bracketed ? text.IndexOf(']') : text.LastIndexOf(':');
        if (bracketed && hostEnd < 0)
            return Refuse(value, "has no closing bracket; an IPv6 endpoint is written [ADDRESS]:PORT");
        if (!bracketed && text.Count(':') > 1)
            return Refuse(value, "looks like an IPv6 address without brackets; an IPv6 endpoint is written [ADDRESS]:PORT");
        if (hostEnd < 0 || (bracketed && hostEnd == text.Length - 1))
            return Refuse(value, "has no port; write HOST:PORT");
        var host = bracketed ? text[1..hostEnd] : text[..hostEnd];
        var port = text[(hostEnd + 1)..];
        if (bracketed && !IPText.IsScopedV6(host))
            return Refuse(value, "must have an IPv6 address between its brackets");
        if (bracketed && port[0] != ':')
            return Refuse(value, "must have a colon and the port right after the closing bracket");
        if (!bracketed && !IPText.TryParse(host, out _) && !HostName.IsValid(host))
            return Refuse(value, "must begin with an IP address or a host name");
        if (ValueParser.TryParseNumber(bracketed ? port[1..] : port, hex: false, ushort.MaxValue, out var number) && number > 0)
            return new HostEndpoint(host.ToString(), (ushort)number);
        return Refuse(value, "must end with a port from 1 to 65535");
    }

    private static IEnumerable<ConfigValue> Words(ConfigValue item)
    {
        for (var start = 0; start < item.Memory.Length;)
        {
            var end = start;
            while (end < item.Memory.Length && !char.IsWhiteSpace(item.Text[end]))
                end++;
            if (end > start)
                yield return item.Slice(start..end);
            start = end + 1;
        }
    }

    private HostEndpoint? Refuse(ConfigValue value, string why)
    {
        diagnostics.Error("InvalidEndpoint", value.Place, $"Endpoint {ShownText.Quote(value.Text)} {why}.");
        return null;
    }

    // wg(8) refuses an empty item, wg-quick(8) passes over it: files with one are out there.
    private void RefuseEmptyItem(ConfigValue item, bool isHarmless)
    {
        var message = $"{item.Name} has an empty item between its commas.";
        if (isHarmless)
            diagnostics.Warning("EmptyItem", item.Place, message);
        else
            diagnostics.Error("EmptyItem", item.Place, message);
    }
}
