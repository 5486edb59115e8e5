namespace WireGuard.Engine.Cli.Dsc;

/// <summary>A kind of thing whose state can be read and brought to what is desired. Members that are null are not desired.</summary>
internal interface IDscResource<T>
{
    /// <summary>The state of what the desired one names, which may be that it is not.</summary>
    T Get(T desired);

    /// <summary>Refuses values that cannot be, before anything is done.</summary>
    /// <exception cref="CommandException">Usage.</exception>
    void Check(T desired);

    /// <summary>Names of the properties in which the state is not as desired, in their order.</summary>
    IReadOnlyList<string> Compare(T desired, T actual);

    /// <summary>Brings it there; called only where something differs.</summary>
    void Set(T desired, T actual);

    /// <summary>What the state would be afterwards; null: what nobody knows before. What Set would refuse is refused.</summary>
    T Predict(T desired, T actual);

    /// <summary>The same desired not to be.</summary>
    T Absent(T desired);

    IEnumerable<T> Export();
}
