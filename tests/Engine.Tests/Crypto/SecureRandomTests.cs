using WireGuard.Engine.Crypto;

namespace WireGuard.Tests.Crypto;

public class SecureRandomTests
{
    [Fact]
    public void Fills_all_of_a_span_and_nothing_else()
    {
        // Twelve fills in which one byte is the same each time happen once in 2^88.
        for (var length = 0; length <= 70; length++)
        {
            var bytes = new byte[length + 2];
            var changes = new bool[bytes.Length];
            for (var round = 0; round < 12; round++)
            {
                var before = (byte[])bytes.Clone();
                SecureRandom.Fill(bytes.AsSpan(1, length));
                for (var i = 0; i < bytes.Length; i++)
                    changes[i] |= bytes[i] != before[i];
            }

            Assert.False(changes[0] || changes[^1]);
            Assert.DoesNotContain(false, changes[1..^1]);
        }
    }

    [Fact]
    public void Numbers_do_not_repeat() =>
        Assert.Equal(1000, Enumerable.Range(0, 1000).Select(_ => SecureRandom.NextUInt64()).Distinct().Count());
}
