using System.Net;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Packets;
using WireGuard.Engine.Tun;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Tun;

public sealed class LinuxTunDeviceTests : IDisposable
{
    private readonly NetworkNamespace _netns = NetworkNamespace.Create();

    public void Dispose() => _netns.Dispose();

    [RootFact]
    public void A_new_interface_is_down_and_has_the_mtu_that_was_asked_for()
    {
        using var tun = Create("wg0", 1380);
        var link = _netns.IpJson("link", "show", "wg0")[0];
        Assert.Equal(1380, link.GetProperty("mtu").GetInt32());
        Assert.DoesNotContain("UP", link.GetProperty("flags").EnumerateArray().Select(flag => flag.GetString()));
        Assert.Equal(1380, tun.Mtus.Link);
        Assert.Equal("wg0", tun.Name);
    }

    [RootFact]
    public void Without_an_mtu_it_has_WireGuards()
    {
        using var tun = Create("wg0");
        Assert.Equal(1420, _netns.IpJson("link", "show", "wg0")[0].GetProperty("mtu").GetInt32());
        Assert.Equal(1420, tun.Mtus.Link);
    }

    [RootFact]
    public void It_gets_no_link_local_address_by_itself()
    {
        using var tun = Create("wg0");
        _netns.Ip("link", "set", "wg0", "up");
        Assert.Empty(_netns.IpJson("addr", "show", "wg0")[0].GetProperty("addr_info").EnumerateArray());
    }

    [RootFact]
    public void The_interface_is_gone_after_dispose()
    {
        var tun = Create("wg0");
        tun.Dispose();
        AssertGone(_netns, "wg0");
        using var again = Create("wg0");
        tun.Dispose();
        Assert.Equal(0, _netns.TryRun("ip", "link", "show", "wg0").ExitCode);
    }

    [RootFact]
    public void A_name_that_a_tun_has_is_refused()
    {
        using var tun = Create("wg0");
        var refused = Assert.Throws<TunException>(() => Create("wg0"));
        Assert.Equal(TunError.NameInUse, refused.Error);
        Assert.Equal("Interface wg0 exists already.", refused.Message);
    }

    [RootTheory]
    [InlineData("veth")]
    [InlineData("bridge")]
    public void A_name_that_another_kind_of_interface_has_is_refused(string kind)
    {
        _netns.Ip("link", "add", "other0", "type", kind);
        Assert.Equal(TunError.NameInUse, Assert.Throws<TunException>(() => Create("other0")).Error);
    }

    [RootFact]
    public void A_persistent_tun_of_that_name_is_refused_and_left_alone()
    {
        _netns.Ip("tuntap", "add", "dev", "wg0", "mode", "tun");
        Assert.Equal(TunError.NameInUse, Assert.Throws<TunException>(() => Create("wg0")).Error);
        Assert.Equal(0, _netns.TryRun("ip", "link", "show", "wg0").ExitCode);
    }

    [RootTheory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("wg%d")]
    [InlineData("wg/0")]
    [InlineData("wg 0")]
    [InlineData("wgé")]
    [InlineData("sixteen-letters0")]
    public void What_is_no_interface_name_is_refused(string name) =>
        Assert.Equal(TunError.InvalidName, Assert.Throws<TunException>(() => Create(name)).Error);

    [RootFact]
    public void An_mtu_that_the_kernel_refuses_leaves_no_interface()
    {
        var refused = Assert.Throws<TunException>(() => Create("wg0", 100_000));
        Assert.StartsWith("Cannot set the MTU of wg0 to 100000: ", refused.Message);
        AssertGone(_netns, "wg0");
    }

    [RootFact]
    public async Task Packets_of_a_ping_are_read_and_the_answers_written()
    {
        using var tun = Create("wg0");
        _netns.Ip("addr", "add", "10.9.0.1/24", "dev", "wg0");
        _netns.Ip("link", "set", "wg0", "up");
        using var probe = _netns.Invoke(() => new EchoProbe(IPAddress.Parse("10.9.0.2")));
        var pinging = Task.Factory.StartNew(
            () => probe.Run(3, TimeSpan.FromSeconds(0.05)), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        using var batch = new PacketBatch();
        var answered = 0;
        Eventually.True(() =>
        {
            answered += AnswerPings(tun.Queues[0], batch);
            return pinging.IsCompleted;
        }, "the answers come");
        Traffic.AssertAllAnswered(await pinging);
        Assert.Equal(3, answered);
    }

    [RootFact]
    public void Writing_to_an_interface_that_is_down_drops_and_goes_on()
    {
        using var tun = Create("wg0");
        using var batch = new PacketBatch();
        FillWithIPv4(batch, 3);
        Assert.Equal(0, tun.Queues[0].Write(batch));
        _netns.Ip("link", "set", "wg0", "up");
        Assert.Equal(3, tun.Queues[0].Write(batch));
    }

    [RootFact]
    public void A_packet_that_is_none_does_not_stop_those_behind_it()
    {
        using var tun = Create("wg0");
        _netns.Ip("link", "set", "wg0", "up");
        using var batch = new PacketBatch();
        FillWithIPv4(batch, 4);
        batch[0].Span[0] = 0xF0;
        batch[2].Length = 0;
        Assert.Equal(2, tun.Queues[0].Write(batch));
    }

    [RootFact]
    public void Reading_and_writing_allocate_nothing()
    {
        using var tun = Create("wg0");
        _netns.Ip("addr", "add", "10.9.0.1/24", "dev", "wg0");
        _netns.Ip("link", "set", "wg0", "up");
        using var received = new PacketBatch();
        using var sent = new PacketBatch();
        FillWithIPv4(sent, 64);
        var queue = tun.Queues[0];
        var taken = 0;
        var rounds = AllocationMeter.AssertNothingAllocated(() =>
        {
            taken += queue.Write(sent);
            queue.Read(received);
        });
        Assert.Equal(64 * rounds, taken);
    }

    [RootFact]
    public void A_descriptor_from_elsewhere_is_taken_over()
    {
        using var netns = NetworkNamespace.Create();
        var (descriptor, tun) = netns.Invoke(() =>
        {
            var opened = LinuxTun.OpenNew("wg7");
            return (opened, LinuxTunDevice.FromFileDescriptor(opened, EngineLog.None));
        });
        Assert.True(descriptor > 2);
        Assert.Equal("wg7", tun.Name);
        tun.Dispose();
        AssertGone(netns, "wg7");
    }

    [RootFact]
    public void A_descriptor_that_is_no_tun_is_refused()
    {
        using var file = File.OpenHandle("/dev/null");
        var refused = Assert.Throws<TunException>(() => LinuxTunDevice.FromFileDescriptor((int)file.DangerousGetHandle(), EngineLog.None));
        Assert.Equal(TunError.WrongDescriptor, refused.Error);
    }

    /// <summary>Soon, not at once: a program that another test is starting holds copies of all descriptors until its exec.</summary>
    private static void AssertGone(NetworkNamespace netns, string name) =>
        Eventually.True(() => netns.TryRun("ip", "link", "show", name).ExitCode != 0, $"{name} goes");

    private LinuxTunDevice Create(string name, int? mtu = null) => _netns.Invoke(() => LinuxTunDevice.Create(name, mtu, EngineLog.None));

    /// <summary>Turns echo requests for 10.9.0.2 round; the checksum stays right, as 8 becomes 0 in it too.</summary>
    private static int AnswerPings(ITunQueue queue, PacketBatch batch)
    {
        queue.Read(batch);
        var answers = 0;
        for (var i = 0; i < batch.Count; i++)
        {
            var packet = batch[i].Span;
            var isEcho = packet.Length >= 28 && packet[0] == 0x45 && packet[9] == 1 && packet[20] == 8;
            if (!isEcho)
            {
                batch[i].Length = 0;
                continue;
            }
            for (var at = 12; at < 16; at++)
                (packet[at], packet[at + 4]) = (packet[at + 4], packet[at]);
            packet[20] = 0;
            var checksum = ((packet[22] << 8) | packet[23]) + 0x0800;
            checksum = (checksum & 0xFFFF) + (checksum >> 16);
            packet[22] = (byte)(checksum >> 8);
            packet[23] = (byte)checksum;
            answers++;
        }
        Assert.Equal(answers, queue.Write(batch));
        return answers;
    }

    private static unsafe void FillWithIPv4(PacketBatch batch, int count)
    {
        batch.Count = count;
        for (var i = 0; i < count; i++)
        {
            batch[i].Data = batch.ReadPosition(i);
            batch[i].Length = 20;
            batch[i].Span.Clear();
            batch[i].Span[0] = 0x45;
            batch[i].Span[3] = 20;
        }
    }
}
