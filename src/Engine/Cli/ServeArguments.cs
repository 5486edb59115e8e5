using System.CommandLine;
using System.Globalization;
using WireGuard.Configuration;
using WireGuard.Engine.Hosting;

namespace WireGuard.Engine.Cli;

/// <summary>The options of `serve` for what clients are told; the verb hands them on to the engine that it starts.</summary>
internal sealed class ServeArguments
{
    private const string PoolName = "--pool";
    private const string EndpointName = "--endpoint";
    private const string PortName = "--port";
    private const string DnsName = "--dns";
    private const string MtuName = "--mtu";
    private const string AllowedIPName = "--allowed-ip";
    private const string KeepaliveName = "--keepalive";
    private const string LeaseName = "--lease";
    private const string None = "none";

    private readonly Option<string[]> _pool = Texts(PoolName, "PREFIX", "Networks that clients get addresses of; the server has the first of each. Needed at the first start (a list, or repeated).");

    private readonly Option<string> _endpoint = new(EndpointName)
    {
        Description = "Where clients reach this host; it goes into invitations.",
        HelpName = "HOST[:PORT]",
    };

    private readonly Option<ushort?> _port = new(PortName) { Description = $"UDP port; {ServeText.UsualPort} unless said.", HelpName = "N" };

    private readonly Option<string[]> _dns = Texts(DnsName, "ADDRESS", "Name servers that clients are told of; none: no longer (a list, or repeated).");

    private readonly Option<ushort?> _mtu = new(MtuName) { Description = "MTU of the interface here, and what clients are told; 0: each finds its own.", HelpName = "BYTES" };

    private readonly Option<string[]> _allowedIPs = Texts(AllowedIPName, "PREFIX", "What clients send through the tunnel; the pool unless said; none: the pool again (a list, or repeated).");

    private readonly Option<ushort?> _keepalive = new(KeepaliveName) { Description = "Seconds between keepalives that clients send; 0: none.", HelpName = "S" };

    private readonly Option<string> _lease = new(LeaseName) { Description = "For how long a peer that joins is let in: 30d, 12h, seconds; 0: until it is revoked.", HelpName = "TIME" };

    public void AddTo(Command command)
    {
        Option[] all = [_pool, _endpoint, _port, _dns, _mtu, _allowedIPs, _keepalive, _lease];
        foreach (var option in all)
            command.Options.Add(option);
        Check(command, _pool, text => IPText.TryParsePrefix(text, out _), "a network, as 10.150.0.0/24");
        Check(command, _allowedIPs, text => text == None || IPText.TryParsePrefix(text, out _), "a network, as 10.0.0.0/8");
        Check(command, _dns, text => text == None || IPText.TryParse(text, out _), "an address");
        _endpoint.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !ServeText.TryReadEndpoint(token.Value, ServeText.UsualPort, out _))
                result.AddError($"{EndpointName} is HOST, HOST:PORT, an address or [IPv6]:PORT.");
        });
        _lease.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && (!ServeText.TryReadDuration(token.Value, out var lease) || lease.TotalSeconds > uint.MaxValue))
                result.AddError($"{LeaseName} is a time, as 30d, 12h, 90m or 3600.");
        });
        _mtu.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, CultureInfo.InvariantCulture, out var mtu) && mtu is not (0 or >= 576))
                result.AddError($"{MtuName} is 576 at least, or 0.");
        });
    }

    public ServeSettings SettingsOf(ParseResult parsed) => new()
    {
        Pool = ListOf(parsed, _pool),
        Endpoint = parsed.GetValue(_endpoint),
        Port = parsed.GetValue(_port),
        Dns = ListOf(parsed, _dns),
        Mtu = parsed.GetValue(_mtu),
        AllowedIPs = ListOf(parsed, _allowedIPs),
        Keepalive = parsed.GetValue(_keepalive),
        Lease = parsed.GetValue(_lease) is { } text && ServeText.TryReadDuration(text, out var lease) ? (uint)lease.TotalSeconds : null,
    };

    /// <summary>What <see cref="SettingsOf"/> reads as these settings.</summary>
    public static IEnumerable<string> For(ServeSettings settings)
    {
        (string Name, string? Value)[] all =
        [
            (PoolName, Join(settings.Pool)),
            (EndpointName, settings.Endpoint),
            (PortName, settings.Port?.ToString(CultureInfo.InvariantCulture)),
            (DnsName, Join(settings.Dns)),
            (MtuName, settings.Mtu?.ToString(CultureInfo.InvariantCulture)),
            (AllowedIPName, Join(settings.AllowedIPs)),
            (KeepaliveName, settings.Keepalive?.ToString(CultureInfo.InvariantCulture)),
            (LeaseName, settings.Lease?.ToString(CultureInfo.InvariantCulture)),
        ];
        foreach (var (name, value) in all)
        {
            if (value is null)
                continue;
            yield return name;
            yield return value;
        }
    }

    private static string? Join(IReadOnlyList<string>? list) => list is null ? null : list.Count == 0 ? None : string.Join(',', list);

    private static IReadOnlyList<string>? ListOf(ParseResult parsed, Option<string[]> option) =>
        parsed.GetResult(option) is null ? null : [.. Split(parsed.GetValue(option) ?? []).Where(text => text != None)];

    private static Option<string[]> Texts(string name, string help, string description) => new(name) { Description = description, HelpName = help };

    private static IEnumerable<string> Split(IEnumerable<string> values) =>
        values.SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    private static void Check(Command command, Option<string[]> option, Func<string, bool> isGood, string what) => command.Validators.Add(result =>
    {
        foreach (var text in Split(result.GetResult(option)?.Tokens.Select(token => token.Value) ?? []))
        {
            if (!isGood(text))
                result.AddError($"{option.Name} is {what}, not '{text}'.");
        }
    });
}
