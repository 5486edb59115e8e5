using System.Text.Json.Nodes;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Cli;

/// <summary>What DSC's what-if says is what its set does; what was set is as desired, and setting it again changes nothing.</summary>
public sealed class DscForecastTests : IDisposable
{
    private readonly EnginePair _pair = new();
    private readonly DscProgram _dsc;

    public DscForecastTests() => _dsc = new DscProgram(One);

    private Host One => _pair.One;

    public void Dispose() => _pair.Dispose();

    [InteropFact]
    public void Every_property_of_a_tunnel_that_runs()
    {
        _pair.Up(One);
        var key = TestKeys.Create();
        foreach (var (desired, changed) in new[]
        {
            ("\"listenPort\":51901", "listenPort"),
            ("\"listenPort\":0", ""),
            ("\"fwMark\":7", "fwMark"),
            ("\"fwMark\":0", "fwMark"),
            ("\"mtu\":1300", "mtu"),
            ("\"mtu\":0", "mtu"),
            ("\"addresses\":[\"10.78.0.9\",\"FD78:0::9/64\",\"10.78.0.9/32\"]", "addresses"),
            ("\"addresses\":[\"fd78::9/64\",\"10.78.0.9/32\"]", ""),
            ("\"addresses\":[]", "addresses"),
            ($"\"privateKey\":\"{key.PrivateKey}\"", "privateKey"),
            ($"\"configPath\":\"{_pair.ConfigOne}\"", ""),
            ("\"_exist\":true", ""),
            ($"\"configPath\":\"{_pair.ConfigOne}\",\"privateKey\":\"{One.Keys.PrivateKey}\",\"listenPort\":51902,\"fwMark\":8,\"mtu\":1310,\"addresses\":[\"10.78.0.1/24\"]",
                "privateKey listenPort fwMark mtu addresses"),
            ("\"listenPort\":0,\"fwMark\":0,\"mtu\":0,\"addresses\":[\"10.78.0.1/24\",\"fd78::1/64\"]", "fwMark mtu addresses"),
            ("\"_exist\":false", "_exist"),
            ("\"_exist\":false,\"mtu\":1300", ""),
        })
            AssertForeseen("tunnel", "", desired, changed, isWhole: true);
    }

    [InteropFact]
    public void A_start_as_far_as_the_file_tells()
    {
        using var files = new PrivateDirectory();
        foreach (var (lines, desired, known) in new[]
        {
            ($"PrivateKey = {One.Keys.PrivateKey}\nListenPort = 51903\nMTU = 1320\nFwMark = 9\nAddress = 10.78.0.1/24, fd78::1/64", "", "listenPort mtu fwMark addresses publicKey"),
            ($"PrivateKey = {One.Keys.PrivateKey}\nListenPort = 51903\nMTU = 1320\nFwMark = 9", "\"listenPort\":51904,\"mtu\":1330,\"fwMark\":0,\"addresses\":[\"10.78.0.2/24\"]", "listenPort mtu fwMark addresses publicKey"),
            ($"PrivateKey = {One.Keys.PrivateKey}", $"\"privateKey\":\"{TestKeys.Create().PrivateKey}\"", "fwMark addresses publicKey"),
            ($"PrivateKey = {One.Keys.PrivateKey}\nMTU = 1320", "\"mtu\":0,\"listenPort\":0", "fwMark addresses publicKey"),
            ($"PrivateKey = {One.Keys.PrivateKey}\n[Peer]\nPublicKey = {_pair.Two.Keys.PublicKey}\nAllowedIPs = 0.0.0.0/0", "\"fwMark\":0", "addresses publicKey"),
        })
        {
            var path = files.Write(One.Interface + ".conf", $"[Interface]\n{lines}\n");
            var foreseen = AssertForeseen("tunnel", $"\"configPath\":\"{path}\"", desired, "_exist", isWhole: false);
            Assert.Equal(
                known.Split(' ').Concat(["name", "_exist", "configPath"]).Order(StringComparer.Ordinal),
                foreseen.AsObject().Select(member => member.Key).Order(StringComparer.Ordinal));
            _dsc.Lines("tunnel delete", "{}");
        }
    }

    [InteropFact]
    public void Every_property_of_a_peer()
    {
        _pair.Up(One);
        var key = TestKeys.Create();
        foreach (var (desired, changed) in new[]
        {
            ("", "_exist"),
            ("\"name\":\"laptop\"", "name"),
            ("\"name\":\"\"", "name"),
            ("\"endpoint\":\"192.0.2.7:51820\"", "endpoint"),
            ("\"endpoint\":\"[2001:db8::7]:51820\"", "endpoint"),
            ("\"endpoint\":\"localhost:51821\"", "endpoint"),
            ("\"allowedIPs\":[\"10.99.0.7/24\",\"FD99::7\",\"10.98.0.1\",\"10.99.0.0/24\"]", "allowedIPs"),
            ("\"allowedIPs\":[\"fd99::7/128\",\"10.98.0.1/32\",\"10.99.0.0/24\"]", ""),
            ("\"allowedIPs\":[]", "allowedIPs"),
            ("\"persistentKeepalive\":25", "persistentKeepalive"),
            ("\"persistentKeepalive\":0", "persistentKeepalive"),
            ($"\"presharedKey\":\"{TestKeys.Create().PrivateKey}\"", "presharedKey"),
            ($"\"presharedKey\":\"{Convert.ToBase64String(new byte[32])}\"", "presharedKey"),
            ("\"_exist\":false", "_exist"),
            ("\"name\":\"phone\",\"endpoint\":\"192.0.2.8:1\",\"allowedIPs\":[\"10.99.0.0/24\"],\"persistentKeepalive\":21", "_exist"),
        })
            AssertForeseen("peer", $"\"publicKey\":\"{key.PublicKey}\"", desired, changed, isWhole: true);

        var own = _dsc.Run("peer set --what-if", $"{{\"tunnel\":\"NAME\",\"publicKey\":\"{One.Keys.PublicKey}\"}}");
        Assert.Equal((1, true), (own.ExitCode, own.Error.Contains("own public key", StringComparison.Ordinal)));
        One.Engine("down", One.Interface);
    }

    private JsonNode AssertForeseen(string resource, string identity, string desired, string changed, bool isWhole)
    {
        var input = $"{{{string.Join(',', new[] { identity, desired }.Where(part => part.Length > 0))}}}";
        var before = _dsc.Lines($"{resource} get", input);
        var (foreseen, foreseenProperties) = _dsc.Outcome($"{resource} set --what-if", input);
        Assert.Equal(before, _dsc.Lines($"{resource} get", input));
        var (state, properties) = _dsc.Outcome($"{resource} set", input);

        Assert.Equal((desired, changed), (desired, string.Join(' ', properties)));
        Assert.Equal(properties, foreseenProperties);
        if (isWhole)
            Assert.Equal(state.ToJsonString(), foreseen.ToJsonString());
        Assert.All(foreseen.AsObject(), member => Assert.Equal($"{state[member.Key]?.ToJsonString()}", $"{member.Value?.ToJsonString()}"));
        Assert.Equal((desired, ""), (desired, string.Join(' ', _dsc.Outcome($"{resource} test", input).Properties)));
        (var again, properties) = _dsc.Outcome($"{resource} set", input);
        Assert.Empty(properties);
        Assert.Equal(state.ToJsonString(), again.ToJsonString());
        return foreseen;
    }
}
