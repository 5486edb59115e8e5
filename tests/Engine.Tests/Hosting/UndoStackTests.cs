using WireGuard.Engine.Hosting;
using WireGuard.Tests.Diagnostics;

namespace WireGuard.Tests.Hosting;

public class UndoStackTests
{
    [Fact]
    public void Steps_are_undone_in_reverse_once_and_a_failing_one_keeps_none_from_its_turn()
    {
        var undone = new List<int>();
        var log = new CapturingLog();
        var stack = new UndoStack(log);
        stack.Push("undo one", () => undone.Add(1));
        stack.Push("undo two", () => throw new InvalidOperationException("it is stuck"));
        stack.Push("undo three", () => undone.Add(3));

        stack.Dispose();
        stack.Dispose();

        Assert.Equal([3, 1], undone);
        Assert.Equal(["Error: Could not undo two: it is stuck"], log.Lines);
    }
}
