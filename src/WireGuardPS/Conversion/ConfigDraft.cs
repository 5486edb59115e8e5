using System.Globalization;
using System.Text;
using WireGuard.Errors;

namespace WireGuard.Conversion;

/// <summary>
/// A configuration without its keys as a text for the grammar to check, one value a line, and for each line the property
/// that it came from: what the grammar finds is told of the property.
/// </summary>
internal sealed class ConfigDraft
{
    private readonly StringBuilder _text = new();
    private readonly List<string> _places = [];

    internal ConfigDraft(WgConfig config)
    {
        Line("[Interface]", "");
        Value("ListenPort", config.ListenPort, nameof(config.ListenPort));
        Value("FwMark", config.FwMark, nameof(config.FwMark));
        Each("Address", config.Addresses, nameof(config.Addresses));
        Each("DNS", config.Dns, nameof(config.Dns));
        Value("MTU", config.Mtu, nameof(config.Mtu));
        Value("Table", config.Table, nameof(config.Table));
        Each("PreUp", config.PreUp, nameof(config.PreUp));
        Each("PostUp", config.PostUp, nameof(config.PostUp));
        Each("PreDown", config.PreDown, nameof(config.PreDown));
        Each("PostDown", config.PostDown, nameof(config.PostDown));
        if (config.SaveConfig)
            Line("SaveConfig = true", nameof(config.SaveConfig));
        for (var index = 0; index < (config.Peers?.Length ?? 0); index++)
            Peer(config.Peers![index], $"Peers[{index}]");
    }

    internal string Text => _text.ToString();

    /// <summary>"Peers[1].Endpoint", or "" for what no single property is to blame for.</summary>
    internal string PlaceOf(int line) => line >= 1 && line <= _places.Count ? _places[line - 1] : "";

    private void Peer(WgConfigPeer? peer, string place)
    {
        if (peer is null)
            throw new WgException(ErrorIds.InvalidValue, $"{place} is $null.");
        if (!string.IsNullOrEmpty(peer.Name))
            Line($"# Name = {OneLine(peer.Name, $"{place}.Name")}", $"{place}.Name");
        Line("[Peer]", place);
        Value("PublicKey", peer.PublicKey, $"{place}.PublicKey");
        Each("AllowedIPs", peer.AllowedIPs, $"{place}.AllowedIPs");
        Value("Endpoint", peer.Endpoint, $"{place}.Endpoint");
        Value("PersistentKeepalive", peer.PersistentKeepalive, $"{place}.PersistentKeepalive");
    }

    private void Each(string key, string[]? values, string place)
    {
        for (var index = 0; index < (values?.Length ?? 0); index++)
            Value(key, values![index], $"{place}[{index}]");
    }

    private void Value<T>(string key, T? value, string place)
    {
        var text = Convert.ToString(value, CultureInfo.InvariantCulture);
        if (string.IsNullOrEmpty(text))
            return;
        // What follows it would be taken for a comment, but in a command.
        if (text.Contains('#') && !key.EndsWith("Up", StringComparison.Ordinal) && !key.EndsWith("Down", StringComparison.Ordinal))
            throw new WgException(ErrorIds.InvalidValue, $"{place} has a # in it.");
        Line($"{key} = {OneLine(text, place)}", place);
    }

    private void Line(string text, string place)
    {
        _text.Append(text).Append('\n');
        _places.Add(place);
    }

    private static string OneLine(string text, string place) => text.AsSpan().ContainsAny('\n', '\r')
        ? throw new WgException(ErrorIds.InvalidValue, $"{place} has a line break in it.")
        : text;
}
