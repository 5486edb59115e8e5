using System.Net;
using System.Net.Sockets;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Packets;
using WireGuard.Engine.Udp;

namespace WireGuard.Tests.Udp;

/// <summary>Two hosts on a veth; the server has two addresses of each family on it.</summary>
public sealed class LinuxUdpBindNetnsTests : IDisposable
{
    private const ushort Port = 51820;

    private readonly NetworkNamespace _clientHost = NetworkNamespace.Create();
    private readonly NetworkNamespace _serverHost = NetworkNamespace.Create();
    private readonly LinuxUdpBind _client = new(EngineLog.None);
    private readonly LinuxUdpBind _server = new(EngineLog.None);
    private readonly PacketBatch _batch = new();

    public LinuxUdpBindNetnsTests() => _clientHost.ConnectTo(
        _serverHost,
        "eth0", ["10.1.0.1/24", "fd01::1/64"],
        "eth0", ["10.1.0.2/24", "10.1.0.3/24", "fd01::2/64", "fd01::3/64"]);

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
        _batch.Dispose();
        _clientHost.Dispose();
        _serverHost.Dispose();
    }

    [RootTheory]
    [InlineData("10.1.0.2")]
    [InlineData("10.1.0.3")]
    [InlineData("fd01::2")]
    [InlineData("fd01::3")]
    public void An_answer_comes_from_the_address_that_was_asked(string address)
    {
        Open();
        var heard = Ask(address);
        Assert.Equal(address, SourceText(heard));
        Answer(heard);
        Assert.Equal(address, AnswerCameFrom());
    }

    [RootTheory]
    [InlineData("10.1.0.3")]
    [InlineData("fd01::3")]
    public void When_the_address_is_removed_the_answer_comes_from_another(string address)
    {
        Open();
        var heard = Ask(address);
        _serverHost.Ip("addr", "del", address + (address.Contains(':') ? "/64" : "/24"), "dev", "eth0");
        Answer(heard);
        Assert.Equal(address.Replace('3', '2'), AnswerCameFrom());
    }

    [RootTheory]
    [InlineData("10.1.0.3", "24")]
    [InlineData("fd01::3", "64")]
    public void A_source_whose_address_is_removed_serves_no_longer(string address, string prefix)
    {
        Open();
        var heard = Ask(address);
        AssertVerdict(false, heard, "addr", "del", $"{address}/{prefix}", "dev", "eth0");
    }

    [RootTheory]
    [InlineData("10.1.0.3", "10.1.0.1/32", "10.2.0.1")]
    [InlineData("fd01::3", "fd01::1/128", "fd02::1")]
    public void A_source_serves_until_the_way_back_leads_over_another_interface(string address, string client, string gateway)
    {
        Open();
        _clientHost.ConnectTo(_serverHost, "eth1", ["10.2.0.1/24", "fd02::1/64"], "eth1", ["10.2.0.2/24", "fd02::2/64"]);
        var heard = Ask(address);
        AssertVerdict(true, heard, "route", "add", "10.99.0.0/16", "via", "10.2.0.1", "dev", "eth1");
        AssertVerdict(false, heard, "route", "add", client, "via", gateway, "dev", "eth1");
        AssertVerdict(true, heard, "route", "del", client, "via", gateway, "dev", "eth1");
        // No way at all says nothing about the source.
        AssertVerdict(true, heard, "route", "add", "unreachable", client);
    }

    [RootFact]
    public void A_rule_for_the_firewall_mark_counts_as_the_way_back()
    {
        _clientHost.Invoke(() => _client.Open(Port, 0));
        _serverHost.Invoke(() => _server.Open(Port, 0x51));
        _clientHost.ConnectTo(_serverHost, "eth1", ["10.2.0.1/24"], "eth1", ["10.2.0.2/24"]);
        _serverHost.Ip("route", "add", "10.1.0.1/32", "via", "10.2.0.1", "dev", "eth1", "table", "51");
        var heard = Ask("10.1.0.3");
        AssertVerdict(false, heard, "rule", "add", "fwmark", "0x51", "lookup", "51");
        AssertVerdict(true, heard, "rule", "add", "fwmark", "0x51", "lookup", "main", "priority", "1");
    }

    [RootFact]
    public void Without_a_source_the_system_chooses()
    {
        Open();
        Answer(Ask("10.1.0.3").WithoutSource());
        Assert.Equal("10.1.0.2", AnswerCameFrom());
    }

    [RootFact]
    public void Link_local_addresses_work_with_their_scope()
    {
        Open();
        var scope = _clientHost.IpJson("link", "show", "eth0")[0].GetProperty("ifindex").GetInt32();
        Eventually.True(() => LinkLocal(_clientHost) is not null && LinkLocal(_serverHost) is not null, "link-local addresses are ready");
        var linkLocal = LinkLocal(_serverHost);
        var heard = Ask($"{linkLocal}%{scope}");
        Assert.NotEqual(0u, heard.ScopeId);
        Answer(heard);
        Assert.Equal(linkLocal, AnswerCameFrom().Split('%')[0]);

        static string? LinkLocal(NetworkNamespace netns) => netns.IpJson("-6", "addr", "show", "eth0", "scope", "link", "-tentative")
            .SelectMany(link => link.GetProperty("addr_info").EnumerateArray())
            .FirstOrDefault(address => address.TryGetProperty("local", out _)) is { ValueKind: System.Text.Json.JsonValueKind.Object } found
            ? found.GetProperty("local").GetString()
            : null;
    }

    [RootFact]
    public void A_way_back_over_another_interface_keeps_the_source_and_takes_that_way()
    {
        Open();
        _clientHost.ConnectTo(_serverHost, "eth1", ["10.2.0.1/24"], "eth1", ["10.2.0.2/24"]);
        foreach (var netns in new[] { _clientHost, _serverHost })
        {
            foreach (var link in new[] { "all", "eth0", "eth1" })
                netns.Run("sysctl", "-qw", $"net.ipv4.conf.{link}.rp_filter=0");
        }
        var heard = Ask("10.1.0.2");
        // A fixed neighbour, and no IPv6 chatter: the answer is the only packet on the second link.
        foreach (var netns in new[] { _clientHost, _serverHost })
            netns.Run("sysctl", "-qw", "net.ipv6.conf.eth1.disable_ipv6=1");
        var mac = _clientHost.IpJson("link", "show", "eth1")[0].GetProperty("address").GetString()!;
        _serverHost.Ip("neigh", "replace", "10.2.0.1", "lladdr", mac, "dev", "eth1", "nud", "permanent");
        _serverHost.Ip("route", "add", "10.1.0.1/32", "via", "10.2.0.1", "dev", "eth1");
        var before = ReceivedOnEth1();
        Answer(heard);
        Assert.Equal("10.1.0.2", AnswerCameFrom());
        Assert.Equal(before + 1, ReceivedOnEth1());

        long ReceivedOnEth1() => long.Parse(_clientHost.Run("cat", "/sys/class/net/eth1/statistics/rx_packets").Output);
    }

    [RootFact]
    public void The_firewall_mark_is_set_at_open_and_later_on_both_families()
    {
        _serverHost.Invoke(() => _server.Open(Port, 0x51));
        AssertMark(0x51);
        _server.SetFwMark(0xFFFFFFFF);
        AssertMark(0xFFFFFFFF);
        _serverHost.Invoke(() => _server.Open(Port, 7));
        AssertMark(7);
        _serverHost.Invoke(() => _server.Open((ushort)(Port + 1), 0));
        AssertMark(0);
    }

    [RootFact]
    public void A_port_that_another_program_has_is_refused()
    {
        using var taken = _serverHost.Invoke(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.Parse("10.1.0.3"), Port));
            return socket;
        });
        var refused = Assert.Throws<SocketException>(() => _serverHost.Invoke(() => _server.Open(Port, 0)));
        Assert.Equal(SocketError.AddressAlreadyInUse, refused.SocketErrorCode);
        Assert.Equal(0, _server.Port);
    }

    [RootFact]
    public void Large_datagrams_are_fragmented_on_the_way()
    {
        Open();
        _batch.Add(UdpBatch.Endpoint("10.1.0.2", Port), "");
        _batch.Add(UdpBatch.Endpoint("fd01::2", Port), "");
        _batch[0].Length = 4000;
        _batch[1].Length = 4000;
        Assert.Equal(2, _client.Sockets[0].Send(_batch));
        Assert.Equal([4000, 4000], UdpBatch.Receive(_server.Sockets[0], 2, (text, _) => text.Length));
    }

    [RootFact]
    public void A_host_with_IPv6_switched_off_still_has_IPv4()
    {
        foreach (var netns in new[] { _clientHost, _serverHost })
            netns.Run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1");
        Open();
        Answer(Ask("10.1.0.3"));
        Assert.Equal("10.1.0.3", AnswerCameFrom());
    }

    [RootFact]
    public void A_family_that_floods_does_not_starve_the_other()
    {
        Open();
        // The neighbours know each other afterwards, so that nothing waits for their discovery.
        Ask("10.1.0.2");
        Ask("fd01::2");
        for (var round = 0; round < 4; round++)
        {
            _batch.Count = 0;
            for (var i = 0; i < 128; i++)
                _batch.Add(UdpBatch.Endpoint("10.1.0.2", Port), "four");
            _client.Sockets[0].Send(_batch);
        }
        _batch.Count = 0;
        _batch.Add(UdpBatch.Endpoint("fd01::2", Port), "six");
        _client.Sockets[0].Send(_batch);
        // A veth hands over while it sends: all are queued at the receiver now, and the next two calls have to bring the IPv6 one.
        Thread.Sleep(100);
        using var batch = new PacketBatch();
        var texts = new List<string>();
        for (var call = 0; call < 2; call++)
        {
            _server.Sockets[0].Receive(batch);
            texts.AddRange(Enumerable.Range(0, batch.Count).Select(batch.Text));
        }
        Assert.Contains("six", texts);
        Assert.True(texts.Count(text => text == "four") >= 128);
    }

    private void Open()
    {
        _clientHost.Invoke(() => _client.Open(Port, 0));
        _serverHost.Invoke(() => _server.Open(Port, 0));
    }

    /// <summary>Sends to the server's address; returns what the server learnt.</summary>
    private UdpEndpoint Ask(string address)
    {
        _batch.Count = 0;
        _batch.Add(UdpBatch.Endpoint(address, Port), "question");
        Assert.Equal(1, _client.Sockets[0].Send(_batch));
        return UdpBatch.Receive(_server.Sockets[0], 1, (_, endpoint) => endpoint)[0];
    }

    /// <summary>What the server's bind says of the source after a change made by ip(8), and goes on saying.</summary>
    private void AssertVerdict(bool expected, UdpEndpoint heard, params string[] change)
    {
        bool? verdict = null;
        void Ask() => verdict = _server.SourceStillServes(heard);
        _server.PathsChanged += Ask;
        _serverHost.Ip(change);
        Eventually.True(() => verdict == expected, $"{string.Join(' ', change)}: the verdict is {expected}");
        Thread.Sleep(200);
        Assert.Equal(expected, verdict);
        _server.PathsChanged -= Ask;
    }

    private void Answer(UdpEndpoint to)
    {
        _batch.Count = 0;
        _batch.Add(to, "answer");
        Assert.Equal(1, _server.Sockets[0].Send(_batch));
    }

    private string AnswerCameFrom() =>
        UdpBatch.Receive(_client.Sockets[0], 1, (_, endpoint) => endpoint.ToIPEndPoint()!.Address.ToString())[0];

    private static string SourceText(UdpEndpoint endpoint) =>
        (endpoint with { AddressHigh = endpoint.SourceHigh, AddressLow = endpoint.SourceLow }).ToIPEndPoint()!.Address.ToString();

    private void AssertMark(uint expected)
    {
        var pair = ((LinuxUdpSocket)_server.Sockets[0]).Pair!;
        foreach (var descriptor in new[] { pair.IPv4, pair.IPv6 })
        {
            Assert.True(Libc.GetOption(descriptor, Libc.SOL_SOCKET, Libc.SO_MARK, out var mark));
            Assert.Equal(expected, (uint)mark);
        }
    }
}
