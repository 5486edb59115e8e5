using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Tests.Interop;

public sealed class LeaseGateTests
{
    [Fact]
    public void Shutting_waits_for_who_is_inside_and_wakes_them_first()
    {
        var gate = new LeaseGate();
        Assert.True(gate.TryEnter());
        using var woken = new ManualResetEventSlim();
        var inside = true;
        var user = new Thread(() =>
        {
            woken.Wait();
            Volatile.Write(ref inside, false);
            gate.Leave();
        });
        user.Start();
        Assert.True(gate.Shut(woken.Set));
        Assert.False(Volatile.Read(ref inside));
        user.Join();
        Assert.False(gate.TryEnter());
        Assert.False(gate.Shut());
    }

    [Fact]
    public void Nobody_is_inside_once_it_is_shut()
    {
        for (var round = 0; round < 50; round++)
        {
            var gate = new LeaseGate();
            var open = true;
            var late = 0;
            var users = Enumerable.Range(0, 3).Select(_ => new Thread(() =>
            {
                while (gate.TryEnter())
                {
                    if (!Volatile.Read(ref open))
                        Interlocked.Increment(ref late);
                    gate.Leave();
                }
            })).ToList();
            users.ForEach(thread => thread.Start());
            gate.Shut();
            Volatile.Write(ref open, false);
            users.ForEach(thread => thread.Join());
            Assert.Equal(0, late);
        }
    }
}
