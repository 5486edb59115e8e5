namespace WireGuard.Tests.Fake;

/// <summary>How the fake's control socket behaves; also the values of WIREGUARD_FAKE_BEHAVIOR.</summary>
public enum FakeBehavior
{
    Normal,

    /// <summary>Takes the connection and says nothing, as a stopped process does.</summary>
    Hung,

    /// <summary>Greets, then never answers.</summary>
    HungAfterGreeting,

    /// <summary>Greets with another protocol version.</summary>
    OtherVersion,

    RubbishGreeting,
    RubbishAnswer,

    /// <summary>Closes in the middle of the greeting's line.</summary>
    HalfGreeting,

    /// <summary>Closes in the middle of an answer's line.</summary>
    HalfAnswer,

    CloseAtOnce,
    CloseOnRequest,

    /// <summary>A greeting that never ends.</summary>
    EndlessGreeting,

    /// <summary>An event before each answer.</summary>
    Chatty,

    /// <summary>Answers under another id than the request's.</summary>
    WrongId,

    /// <summary>Neither result nor error.</summary>
    EmptyAnswer,

    /// <summary>An error with an id that no module knows.</summary>
    UnknownError,

    /// <summary>Answers tunnel.stop, and stays.</summary>
    StopsNever,

    /// <summary>Answers tunnel.stop at once, and ends two seconds later.</summary>
    StopsSlowly,

    /// <summary>Does tunnel.sync and tunnel.save, and answers two seconds later.</summary>
    ChangesSlowly,

    /// <summary>Tells what is there so far; whatever changes something is refused, as long as a start takes.</summary>
    Starting,

    /// <summary>Is not ready yet, and has nothing to tell.</summary>
    StartingWithoutDevice,

    /// <summary>Its process ends at tunnel.stop, before it answers.</summary>
    DiesOnStop,

    /// <summary>As <see cref="DiesOnStop"/>, but the connection goes a while before the process.</summary>
    HangsUpAndDiesOnStop,
}
