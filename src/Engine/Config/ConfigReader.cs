using System.Net;
using WireGuard.Api;

namespace WireGuard.Configuration;

/// <summary>
/// Walks over the lines of one text, hands the values to the section that they belong to, and goes on after every error,
/// so that one pass finds them all. Used once.
/// </summary>
internal sealed class ConfigReader(ReadOnlyMemory<char> text, string? path, DiagnosticBag diagnostics) : IDisposable
{
    private readonly List<PeerBuilder> _peers = [];
    private readonly List<InterfaceBuilder> _extraInterfaces = [];
    private InterfaceBuilder? _interface;
    private ConfigSection _kind;
    private SectionBuilder? _current;

    // Name found in the comment block that the last line belongs to: the next line decides whose it is.
    private (string Name, ConfigPosition Place)? _commentName;

    /// <summary>The configuration, or null when there were errors.</summary>
    /// <param name="hasPrivateKey">Whether the text holds a private key, be it a good one or not.</param>
    internal TunnelConfig? Read(out bool hasPrivateKey)
    {
        var rest = text;
        for (var number = 1; !rest.IsEmpty; number++)
        {
            var end = rest.Span.IndexOf('\n');
            var line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            ReadLine(line.Span.EndsWith("\r") ? line[..^1] : line, number);
        }

        GiveCommentNameToCurrentPeer();
        Finish();
        hasPrivateKey = _interface is { HasPrivateKey: true } || _extraInterfaces.Any(i => i.HasPrivateKey);
        if (diagnostics.HasErrors)
            return null;
        var config = new TunnelConfig { Interface = _interface!.Build(), Peers = [.. _peers.Select(p => p.Build())], Path = path };
        _interface = null;
        _peers.Clear();
        return config;
    }

    /// <summary>Zeroes the keys of a configuration that was not handed out.</summary>
    public void Dispose()
    {
        _interface?.Dispose();
        _extraInterfaces.ForEach(i => i.Dispose());
        _peers.ForEach(p => p.Dispose());
    }

    private void ReadLine(ReadOnlyMemory<char> line, int number)
    {
        var start = line.Length - line.Span.TrimStart().Length;
        var place = new ConfigPosition(number, start + 1);
        var trimmed = line.Trim();
        if (trimmed.IsEmpty)
            GiveCommentNameToCurrentPeer();
        else if (trimmed.Span[0] == '#')
            ReadComment(trimmed.Span, place);
        else if (FindControlCharacter(line.Span) is var index and >= 0)
        {
            diagnostics.Error("ControlCharacter", new(number, index + 1),
                $"The line has a control character in it (U+{(int)line.Span[index]:X4}).");
        }
        else if (trimmed.Span[0] == '[')
            ReadHeader(trimmed.Span, place);
        else
        {
            GiveCommentNameToCurrentPeer();
            ReadEntry(trimmed, place);
        }
    }

    private void ReadComment(ReadOnlySpan<char> comment, ConfigPosition place)
    {
        if (!FriendlyName.TryFindInComment(comment, out var name))
            return;
        if (_commentName is null)
            _commentName = (name.ToString(), place);
        else
            PeerBuilder.WarnOfSecondName(diagnostics, name, place);
    }

    private void ReadHeader(ReadOnlySpan<char> line, ConfigPosition place)
    {
        var hash = line.IndexOf('#');
        var header = (hash < 0 ? line : line[..hash]).TrimEnd();
        var close = header.IndexOf(']');
        var isWellFormed = close == header.Length - 1;
        if (!isWellFormed)
            diagnostics.Error("InvalidSection", place, $"A section's header is [Interface] or [Peer] on a line of its own, not {ShownText.Quote(header)}.");
        OpenSection(SectionKind(header[1..(close < 0 ? header.Length : close)].Trim(), place, complain: isWellFormed), place);
        if (hash >= 0)
            ReadComment(line[hash..], place with { Column = place.Column + hash });
    }

    // A misspelt header opens the section that was meant, so that its keys are still checked.
    private ConfigSection SectionKind(ReadOnlySpan<char> name, ConfigPosition place, bool complain)
    {
        if (ConfigGrammar.FindSection(name) is var kind and not ConfigSection.Unknown)
            return kind;
        var nearest = ConfigGrammar.NearestSection(name);
        if (complain)
        {
            diagnostics.Error("UnknownSection", place,
                $"There is no section {ShownText.Quote(name)}; " + (nearest is null ? "a file has [Interface] and [Peer]." : $"did you mean [{nearest}]?"));
        }

        return nearest is null ? ConfigSection.Unknown : ConfigGrammar.FindSection(nearest);
    }

    private void OpenSection(ConfigSection kind, ConfigPosition place)
    {
        var nameAbove = _commentName;
        _commentName = null;
        _kind = kind;
        _current = null;
        if (kind == ConfigSection.Peer)
        {
            var peer = new PeerBuilder(diagnostics, place.Line);
            if (nameAbove is { } above)
                peer.SetName(above.Name, above.Place);
            _peers.Add(peer);
            _current = peer;
        }
        else if (kind == ConfigSection.Interface)
        {
            var section = new InterfaceBuilder(diagnostics, place.Line);
            if (_interface is not null)
            {
                diagnostics.Error("DuplicateInterface", place, $"There may be one [Interface] section only; the first is in line {_interface.Line}.");
                _extraInterfaces.Add(section);
            }

            _interface ??= section;
            _current = section;
        }
    }

    private void ReadEntry(ReadOnlyMemory<char> line, ConfigPosition place)
    {
        var equals = line.Span.IndexOf('=');
        var hash = line.Span.IndexOf('#');
        if (equals < 0 || (hash >= 0 && hash < equals))
        {
            diagnostics.Error("MissingEquals", place, "A line is a section's header, a comment or KEY = VALUE; this one has no equals sign.");
            return;
        }

        var name = line.Span[..equals].TrimEnd();
        if (FindKey(name, place) is not { } key)
            return;
        var valueEnd = hash < 0 || key.IsHook ? line.Length : hash;
        var value = new ConfigValue(key, place, line, place).Slice((equals + 1)..valueEnd).Trim();
        _current!.Add(value);
    }

    /// <summary>The key, if this section has it.</summary>
    private ConfigKey? FindKey(ReadOnlySpan<char> name, ConfigPosition place)
    {
        if (_kind == ConfigSection.Unknown)
            return null;
        var key = ConfigGrammar.Find(name);
        if (_kind == ConfigSection.None)
        {
            diagnostics.Error("KeyOutsideSection", place, key is null
                ? "The line stands before any section; a file begins with [Interface] or [Peer]."
                : $"{key.Name} stands before any section; it belongs in [{key.Section}].");
            return null;
        }

        if (key is null)
            RefuseUnknownKey(name, place);
        else if (key.Section != _kind)
        {
            diagnostics.Error("WrongSection", place, $"{key.Name} belongs in [{key.Section}], not in [{_kind}].");
            return null;
        }

        return key;
    }

    private void RefuseUnknownKey(ReadOnlySpan<char> name, ConfigPosition place)
    {
        var nearest = ConfigGrammar.NearestKey(name, _kind);
        diagnostics.Error("UnknownKey", place, $"There is no key {ShownText.Quote(name)} in [{_kind}]"
            + (nearest is null ? "." : nearest.Section == _kind ? $"; did you mean {nearest.Name}?" : $"; did you mean {nearest.Name}, which belongs in [{nearest.Section}]?"));
    }

    private void GiveCommentNameToCurrentPeer()
    {
        if (_commentName is { } found && _current is PeerBuilder peer)
            peer.SetName(found.Name, found.Place);
        _commentName = null;
    }

    private void Finish()
    {
        if (_interface is null)
            diagnostics.Error("MissingInterface", default, "There is no [Interface] section.");
        _interface?.Finish();
        var keys = new Dictionary<PublicKey, int>();
        var owners = new Dictionary<IPNetwork, PeerBuilder>();
        foreach (var peer in _peers)
        {
            peer.Finish();
            if (peer.PublicKey is { } key && !keys.TryAdd(key, peer.Line))
                diagnostics.Error("DuplicatePeer", peer.PublicKeyPlace, $"The peer in line {keys[key]} has the same PublicKey.");
            foreach (var entry in peer.AllowedIPs)
            {
                if (owners.TryGetValue(entry.Prefix, out var other))
                    diagnostics.Warning("SharedAllowedIP", entry.Place, $"The peer in line {other.Line} has {entry.Prefix} too; the last one gets it.");
                owners[entry.Prefix] = peer;
            }
        }
    }

    private static int FindControlCharacter(ReadOnlySpan<char> line)
    {
        for (var index = 0; index < line.Length; index++)
        {
            if (char.IsControl(line[index]) && line[index] != '\t')
                return index;
        }

        return -1;
    }
}
