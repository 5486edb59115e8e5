using System.Collections;
using System.Reflection;
using WireGuard.Engine.Device;
using WireGuard.Engine.Noise;

namespace WireGuard.Tests.Device;

/// <summary>Packets that wait are somebody's plaintext: their buffers go back to the pool wiped.</summary>
public sealed class StagedPacketsTests
{
    private static readonly byte[] Secret = [.. Enumerable.Repeat((byte)0x5A, 700)];

    [Fact]
    public void What_was_taken_dropped_or_pushed_out_is_wiped()
    {
        var staged = new StagedPackets();
        staged.Add(Secret);
        staged.Add(Secret);
        var (taken, dropped) = (Buffers(staged)[0], Buffers(staged)[1]);
        Assert.Equal(Secret, taken[..Secret.Length]);
        Assert.Equal(Secret.Length, staged.TryPeek(new byte[1000], out var number));
        staged.Remove(number);
        Assert.True(IsWiped(taken));
        Assert.False(IsWiped(dropped));
        Assert.Equal(1, staged.Clear());
        Assert.True(IsWiped(dropped));

        staged.Add(Secret);
        var pushedOut = Buffers(staged)[0];
        for (var i = 0; i < ProtocolLimits.MaxStagedPackets - 1; i++)
            Assert.False(staged.Add([1, 2, 3]));
        Assert.False(IsWiped(pushedOut));
        Assert.True(staged.Add([]));
        Assert.True(IsWiped(pushedOut));
    }

    private static List<byte[]> Buffers(StagedPackets staged)
    {
        var queue = (IEnumerable)typeof(StagedPackets).GetField("_packets", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(staged)!;
        return [.. queue.Cast<(byte[] Buffer, int Length)>().Select(p => p.Buffer)];
    }

    private static bool IsWiped(byte[] buffer) => buffer.AsSpan().IndexOfAnyExcept((byte)0) < 0;
}
