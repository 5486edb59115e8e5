using System.Runtime.InteropServices;

namespace WireGuard.Engine.Interop.Linux;

/// <summary>
/// What is typed at standard input's terminal is not shown until it is disposed of; also after Ctrl-Z, when shells put the terminal's modes
/// back to their own.
/// </summary>
internal sealed unsafe class HiddenTyping : IDisposable
{
    private readonly Lock _lock = new();
    private readonly PosixSignalRegistration? _continuing;
    private readonly TerminalModes _before;
    private readonly bool _isKnown;
    private bool _isOver;

    public HiddenTyping()
    {
        TerminalModes modes;
        _isKnown = Libc.GetTerminalModes(StandardInput.Descriptor, &modes) == 0;
        _before = modes;
        Hide();
        _continuing = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGCONT, context =>
        {
            // The runtime would show it again.
            context.Cancel = true;
            Hide();
        });
    }

    /// <summary>Hides it again, should somebody have put the terminal's modes back meanwhile.</summary>
    public void Keep()
    {
        TerminalModes modes;
        if (_isKnown && Libc.GetTerminalModes(StandardInput.Descriptor, &modes) == 0 && (modes.Local & Libc.ECHO) != 0)
            Hide();
    }

    public void Dispose()
    {
        _continuing?.Dispose();
        lock (_lock)
        {
            Set(_before);
            _isOver = true;
        }
    }

    private void Hide()
    {
        var modes = _before;
        modes.Local &= ~Libc.ECHO;
        Set(modes);
    }

    private void Set(TerminalModes modes)
    {
        lock (_lock)
        {
            if (_isKnown && !_isOver)
                _ = Libc.SetTerminalModes(StandardInput.Descriptor, Libc.TCSAFLUSH, &modes);
        }
    }
}
