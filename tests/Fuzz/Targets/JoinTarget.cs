using WireGuard.Tests.Offload;

namespace WireGuard.Fuzz;

/// <summary>
/// Batches of decrypted packets on their way to the TUN: flows, interleaved, damaged, in and out of order. Whatever is joined,
/// the naive reference must cut it into the very packets again, in their order.
/// </summary>
internal sealed class JoinTarget : IFuzzTarget
{
    private long _joined;
    private long _batches;

    public string Name => "join";

    public byte[] Make(Random random) => Dice.Throw(random, 300);

    public void Run(byte[] input)
    {
        var dice = new Dice(input);
        var packets = new List<byte[]>();
        for (var flows = 1 + dice.Next(5); flows > 0; flows--)
        {
            var random = new Random((int)dice.NextUInt32());
            var flow = PacketFlows.Flow(random, dice.Next(2) == 0, dice.OneIn(3) ? NaivePacket.Udp : NaivePacket.Tcp, 1 + dice.Next(dice.OneIn(4) ? 9000 : 1460), 1 + dice.Next(dice.OneIn(8) ? 100 : 12), dice.Next(1460), 4 * dice.Next(11));
            for (var changes = dice.Next(4); changes > 0; changes--)
                Disturb(dice, flow);
            if (dice.OneIn(4))
                Interleave(dice, packets, flow);
            else
                packets.AddRange(flow);
        }

        // The TUN's reader never hands over more at once.
        _joined += PacketFlows.AssertSame(packets, joinsUdp: !dice.OneIn(4)).Count(count => count > 1);
        _batches++;
    }

    public void CheckHealth() => Assert.True(_joined > 0 || _batches < 64, $"nothing was joined in {_batches} batches");

    public void Dispose()
    {
    }

    private static void Disturb(Dice dice, List<byte[]> flow)
    {
        var index = dice.Next(flow.Count);
        var packet = flow[index];
        var offset = dice.Next(Math.Min(packet.Length, 100));
        switch (dice.Next(7))
        {
            case 0:
                packet[offset] ^= (byte)(1 << dice.Next(8));
                break;
            case 1 when offset > 0 && packet.Length >= 60:
                PacketFlows.Change(packet, offset, dice.NextByte());
                break;
            case 2:
                flow[index] = packet[..(1 + dice.Next(packet.Length))];
                break;
            case 3:
                flow.RemoveAt(index);
                if (flow.Count == 0)
                    flow.Add(packet);
                break;
            case 4:
                flow.Insert(dice.Next(flow.Count + 1), packet);
                break;
            case 5:
                flow[index] = [.. packet, .. new byte[dice.Next(20)]];
                break;
            case 6:
                flow[index] = dice.Bytes(1 + dice.Next(120));
                break;
        }
    }

    private static void Interleave(Dice dice, List<byte[]> packets, List<byte[]> flow)
    {
        var at = 0;
        foreach (var packet in flow)
        {
            at = Math.Min(packets.Count, at + dice.Next(3));
            packets.Insert(at++, packet);
        }
    }
}
