using WireGuard.Api;

namespace WireGuard.Engine.Cli;

/// <summary>Of what is told about windows, what is about the one that was opened last: the end of one before may come after the question.</summary>
internal sealed class OwnWindow
{
    private bool _isOpen;

    public bool IsOver { get; private set; }

    /// <summary>Whether the news is about it.</summary>
    public bool Takes(EngineEvent news)
    {
        _isOpen |= news.Kind == EnrollmentEvents.WindowOpened;
        IsOver |= _isOpen && news.Kind == EnrollmentEvents.WindowClosed;
        return _isOpen;
    }
}
