namespace WireGuard.Tests.Control;

internal static class Wait
{
    /// <summary>Until something comes true; gives up only when the test has failed anyway.</summary>
    internal static async Task UntilAsync(Func<bool> condition)
    {
        for (var i = 0; i < 6000 && !condition(); i++)
            await Task.Delay(5);
        Assert.True(condition(), "waited half a minute in vain");
    }
}
