namespace WireGuard.Fuzz;

/// <summary>
/// One surface that takes what strangers send. An input is bytes: the text or message itself, or, where keys have to fit,
/// decisions that the target makes a message from (<see cref="Dice"/>). The same input always does the same.
/// </summary>
public interface IFuzzTarget : IDisposable
{
    string Name { get; }

    /// <summary>Invents an input: mostly right, somewhere wrong.</summary>
    byte[] Make(Random random);

    /// <summary>Feeds the input and throws when something happened that must not.</summary>
    void Run(byte[] input);

    /// <summary>Once in a while: whether everything still works for those who do no harm, and nothing has grown.</summary>
    void CheckHealth();
}
